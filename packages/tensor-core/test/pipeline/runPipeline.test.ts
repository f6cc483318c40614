import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { compose, dataDefence, greedy, noDefence, tokenPrompt, weightsDefence } from '../../src/contracts'
import { selectEngine, tf } from '../../src/engine'
import { recipeDefaults, trainAdapter } from '../../src/lm'
import { runPipeline } from '../../src/pipeline'
import { golden, goldenFolder, run, tokenExample } from '../lm/golden'

beforeAll(() => run(selectEngine('wasm')))

const data = { name: 'rows', examples: golden.lora.rows.map((r, i) => tokenExample(String(i), r)) }
const request = {
  model: join(goldenFolder, 'grouped'),
  data,
  seed: 1,
  recipe: { ...recipeDefaults, maxSteps: 3, lr: 0.01, dropout: 0 },
}

describe('runPipeline', () => {
  it('without defences is plain fine-tuning', async () => {
    const before = tf.memory().numTensors
    const made = await run(runPipeline(noDefence, request))
    const plain = await run(trainAdapter(request))
    expect(made.trained.modules).toEqual(plain.modules)
    expect(made.adapter).toBe(made.trained)
    made.model.dispose()
    expect(tf.memory().numTensors).toBe(before)
  })

  it('applies each stage to the value of that stage', async () => {
    const half = compose(
      dataDefence({
        name: 'half',
        parameters: {},
        apply: (d) => TE.right({ ...d, examples: d.examples.slice(0, 5) }),
      }),
      weightsDefence({
        name: 'nothing',
        parameters: {},
        apply: (a) => TE.right({ ...a, modules: a.modules.map((m) => ({ ...m, scale: 0 })) }),
      }),
    )
    const requests = golden.grouped.rows.map((r) => ({ prompt: tokenPrompt(r.promptTokens) }))
    const made = await run(runPipeline(half, request))
    expect(made.data.examples).toHaveLength(5)
    const generated = await run(made.model.generate(requests, greedy(12)))
    const cut = (ids: number[]): number[] => ids.slice(0, ids.includes(2) ? ids.indexOf(2) : undefined)
    expect(generated.map((c) => c.tokens)).toEqual(golden.grouped.rows.map((r) => cut(r.greedy)))
    made.model.dispose()
  })
})
