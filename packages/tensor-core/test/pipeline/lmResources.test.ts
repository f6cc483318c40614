import { join } from 'node:path'
import type { Resources } from '../../src/contracts'
import { selectEngine, tf } from '../../src/engine'
import { type LogRow, recipeDefaults, trainAdapter } from '../../src/lm'
import { lmResources } from '../../src/pipeline'
import { golden, goldenFolder, run, tokenExample } from '../lm/golden'

beforeAll(() => run(selectEngine('wasm')))

const model = join(goldenFolder, 'grouped')
const data = { name: 'rows', examples: golden.lora.rows.map((r, i) => tokenExample(String(i), r)) }
const recipe = { ...recipeDefaults, maxSteps: 3, lr: 0.01, dropout: 0 }
const choice = { model, recipe, seed: 1 }

describe('lmResources', () => {
  it('are the resources of a run, with defaults', () => {
    const made: Pick<Resources, 'seed' | 'train' | 'model' | 'maxNewTokens'> = lmResources(choice)
    expect([made.seed, made.maxNewTokens]).toEqual([1, 128])
    expect(lmResources({ ...choice, maxNewTokens: 24 }).maxNewTokens).toBe(24)
  })

  it("train as trainAdapter does, with a method's changes and from its adapter", async () => {
    const steps: LogRow[] = []
    const { train } = lmResources({ ...choice, onStep: (row) => steps.push(row) })
    const first = await run(train(data))
    expect(first.modules).toEqual((await run(trainAdapter({ ...choice, data }))).modules)
    const changes = { maxSteps: 2, lr: 0.001 }
    const second = await run(train(data, changes, first))
    const expected = await run(
      trainAdapter({ ...choice, data, recipe: { ...recipe, ...changes }, init: first }),
    )
    expect(second.modules).toEqual(expected.modules)
    expect(steps.map(({ step, lr }) => [step, lr])).toEqual([
      ...[0, 1, 2].map((step) => [step, 0.01]),
      ...[0, 1].map((step) => [step, 0.001]),
    ])
  })

  it('open the model with and without an adapter, to be disposed of by the caller', async () => {
    const before = tf.memory().numTensors
    const resources = lmResources(choice)
    const adapter = await run(resources.train(data))
    const scores = async (lm: Awaited<ReturnType<typeof open>>) =>
      (await run(lm.score(data.examples)))[0]?.nll
    const open = (withAdapter: boolean) => run(resources.model(withAdapter ? adapter : undefined))
    const [plain, tuned] = [await open(false), await open(true)]
    expect(await scores(tuned)).toBeLessThan((await scores(plain)) ?? 0)
    plain.dispose()
    tuned.dispose()
    expect(tf.memory().numTensors).toBe(before)
  })
})
