import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type GradientOracle,
  type OpenGradients,
  type Resources,
  failure,
  trainingDefence,
} from '../../src/contracts'
import { selectEngine, tf } from '../../src/engine'
import { readAdapter } from '../../src/formats'
import { type LogRow, recipeDefaults, trainAdapter } from '../../src/lm'
import { lmResources } from '../../src/pipeline'
import { golden, goldenFolder, relativeError, run, tokenExample } from '../lm/golden'

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

  it("train under a method's own rule", async () => {
    const half = trainingDefence<never>({
      name: 'half',
      parameters: {},
      apply: (rule, { space }) =>
        TE.right({
          ...rule,
          step: (state, at) =>
            pipe(
              rule.step(state, at),
              TE.map((update) => {
                const gradient = space.scale(0.5, update.gradient)
                space.free(update.gradient)
                return { ...update, gradient }
              }),
            ),
        }),
    })
    const norms: number[] = []
    const { train } = lmResources({ ...choice, onStep: ({ gradNorm }) => norms.push(gradNorm) })
    const changes = { maxSteps: 1 }
    await run(train(data, changes))
    await run(train(data, changes, undefined, half))
    expect(norms[1]).toBeCloseTo(norms[0]! / 2, 6)
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

  describe('open gradients', () => {
    const deterministic = { kind: 'deterministic' } as const
    /** The losses and the mean gradient of rows, on the host. */
    const passOver =
      <G>({ space, mean }: GradientOracle<G>) =>
      (rows: OpenGradients<G>['rows'][number]['example'][]) =>
        pipe(
          mean(rows, deterministic),
          TE.map(({ losses, gradient }) => {
            const values = { losses, gradient: space.toHost(gradient) }
            space.free(gradient)
            return values
          }),
        )

    it('of a fresh adapter and of a given one, freed when they have been used', async () => {
      const before = tf.memory().numTensors
      const { gradients, train } = lmResources(choice)
      const adapter = await run(train(data))
      const measured = (init?: typeof adapter) =>
        run(
          gradients(
            data,
            ({ oracle, rows, batchSize }) => {
              expect([rows.length, batchSize]).toEqual([data.examples.length, recipe.batchSize])
              return passOver(oracle)(rows.map(({ example }) => example))
            },
            init,
          ),
        )
      const [fresh, tuned] = [await measured(), await measured(adapter)]
      expect(Math.max(...tuned.losses)).toBeLessThan(Math.max(...fresh.losses))
      expect(tf.memory().numTensors).toBe(before)
      const fault = failure('Own', 'of the user')
      expect(await gradients(data, () => TE.left(fault))()).toMatchObject({ left: { _tag: 'Own' } })
      expect(tf.memory().numTensors).toBe(before)
    })

    it('of the first response tokens alone', async () => {
      const { gradients } = lmResources(choice)
      const [long] = data.examples.filter(
        (row) => row.response.kind === 'tokens' && row.response.tokens.length > 2,
      )
      const { responseTokens, promptTokens } = golden.lora.rows[data.examples.indexOf(long!)]!
      const cut = tokenExample('cut', { promptTokens, responseTokens: responseTokens.slice(0, 2) })
      await run(
        gradients(data, ({ oracle, opening }) =>
          pipe(
            TE.fromEither(opening(long!, 2)),
            TE.chainW((row) => TE.sequenceArray([passOver(oracle)([row]), passOver(oracle)([cut])])),
            TE.map(([got, want]) => {
              expect(got!.losses[0]).toBeCloseTo(want!.losses[0]!, 6)
              expect(relativeError(got!.gradient, want!.gradient)).toBeLessThan(1e-5)
            }),
          ),
        ),
      )
    })

    it('until the run is stopped', async () => {
      const stop = new AbortController()
      const { gradients } = lmResources({ ...choice, signal: stop.signal })
      const ended = await gradients(data, ({ oracle, rows }) => {
        const first = rows.slice(0, 1).map(({ example }) => example)
        return pipe(
          passOver(oracle)(first),
          TE.map(() => stop.abort()),
          TE.chain(() => oracle.losses(first)),
        )
      })()
      expect(ended).toMatchObject({ left: { _tag: 'Interrupted', kind: 'interrupted' } })
    })
  })

  it("measure what an adapter's factors read, as hooks on peft's layers do, whatever the batches", async () => {
    const before = tf.memory().numTensors
    const adapter = await run(readAdapter(join(model, 'adapter')))
    const rows = { name: 'rows', examples: golden.gradients.rows.map((r, i) => tokenExample(String(i), r)) }
    const want = JSON.parse(readFileSync(join(goldenFolder, 'norms.json'), 'utf8')) as Readonly<
      Record<string, { readonly input: number[]; readonly low: number[] }>
    >
    expect(Object.keys(want)).toHaveLength(14)
    for (const batchSize of [1, 2, 8]) {
      const found = await run(
        lmResources({ ...choice, recipe: { ...recipe, batchSize } }).activationNorms(adapter, rows),
      )
      expect([...found.keys()].sort()).toEqual(Object.keys(want).sort())
      for (const [name, { input, low }] of found) {
        expect(relativeError(input, want[name]!.input)).toBeLessThan(1e-4)
        expect(relativeError(low, want[name]!.low)).toBeLessThan(1e-4)
      }
    }
    expect(tf.memory().numTensors).toBe(before)
    const stopped = lmResources({ ...choice, signal: AbortSignal.abort() })
    expect(await stopped.activationNorms(adapter, rows)()).toMatchObject({ left: { _tag: 'Interrupted' } })
    expect(tf.memory().numTensors).toBe(before)
  })
})
