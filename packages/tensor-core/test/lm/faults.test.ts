/** What training leaves behind when something fails in the middle, and directions too short to be any. */
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import {
  type Fault,
  type LmError,
  type LoraAdapter,
  type Update,
  type UpdateRule,
  badInput,
  emptyState,
  failure,
  trainingDefence,
} from '../../src/contracts'
import { selectEngine, tf } from '../../src/engine'
import { openModelFolder } from '../../src/formats'
import { freshFactors, linearModules, lmOracle, loadWeights, loraTrainable, trainAdapter } from '../../src/lm'
import { trainLoop } from '../../src/lm/training/loop'
import type { LoopSettings } from '../../src/lm/training/loopSettings'
import { recipeDefaults } from '../../src/lm/training/recipe'
import { golden, goldenFolder, run, tokenExample, tokenRow } from './golden'

beforeAll(() => run(selectEngine('wasm')))

describe('cosines', () => {
  it('are 0 for a direction below 1e-12, and those of the direction however short it is above', async () => {
    const folder = await run(openModelFolder(join(goldenFolder, 'grouped')))
    const weights = await run(loadWeights(folder))
    const slots = linearModules(folder.config).map((m) => ({ ...m, rank: 3, scale: 2 }))
    const trainable = loraTrainable(weights, slots)
    const parameters = tf.tensor1d(freshFactors(slots, 1))
    const oracle = lmOracle({
      ...{ trainable, parameters: () => parameters, encode: tokenRow },
      ...{ loss: 'example', dropout: 0, seed: 1 },
    })
    const rows = golden.gradients.rows.map((r, i) => tokenExample(String(i), r))
    const batch = await run(oracle.gradients(rows, { kind: 'deterministic' }))
    const mean = batch.weightedMean(new Float32Array(rows.length).fill(1))
    const long = Math.sqrt(oracle.space.dot(mean, mean))
    const alongScaled = (norm: number): Float32Array => {
      const direction = oracle.space.scale(norm / long, mean)
      const cosines = batch.cosines(direction)
      direction.dispose()
      return cosines
    }
    const want = batch.cosines(mean)
    expect(Math.max(...want)).toBeGreaterThan(0.1)
    for (const norm of [1e6, 1e-6, 2e-12])
      alongScaled(norm).forEach((c, i) => expect(Math.abs(c - (want[i] ?? 0))).toBeLessThan(1e-5))
    expect([...alongScaled(5e-13)]).toEqual(rows.map(() => 0))
    tf.dispose([mean, parameters])
    batch.dispose()
    weights.dispose()
  })
})

describe('the errors of training', () => {
  const request = {
    model: join(goldenFolder, 'grouped'),
    data: { name: 'rows', examples: golden.lora.rows.map((r, i) => tokenExample(String(i), r)) },
    recipe: { ...recipeDefaults, rank: 2, maxSteps: 1 },
    seed: 1,
  }

  it('are those of the model alone without a defence', async () => {
    const trained: TE.TaskEither<LmError, LoraAdapter> = trainAdapter(request)
    expect((await run(trained)).modules.length).toBeGreaterThan(0)
  })

  it('are those of its defence besides, in the type too', async () => {
    const refuses = trainingDefence<Fault<'Refused'>>({
      name: 'refuses',
      parameters: {},
      apply: () => TE.left(badInput('Refused', 'will not train')),
    })
    const trained: TE.TaskEither<LmError | Fault<'Refused'>, LoraAdapter> = trainAdapter({
      ...request,
      defence: refuses,
    })
    expect(await trained()).toMatchObject({ left: { _tag: 'Refused' } })
  })

  it('name fields, not flags', async () => {
    const targetModules = ['no_such_module']
    const failed = await trainAdapter({ ...request, recipe: { ...request.recipe, targetModules } })()
    expect(failed).toMatchObject({
      left: { _tag: 'BadOption', where: '`targetModules` no_such_module' },
    })
  })
})

describe('a step of several batches', () => {
  it('that fails in a later one frees what the earlier ones made', async () => {
    const size = 5
    const calls = { n: 0 }
    const rule: UpdateRule<tf.Tensor> = {
      name: 'fails',
      warmupSteps: 0,
      initial: emptyState,
      step: (state, { batch }) => {
        calls.n += 1
        if (calls.n === 6) return TE.left(failure('ModelFailed', 'the third batch of the second step'))
        return TE.right<never, Update<tf.Tensor>>({
          gradient: tf.ones([size]),
          losses: new Float32Array(batch.length).fill(1),
          weights: new Float32Array(batch.length).fill(1),
          notes: [],
          // one vector kept as it is, one made anew by every batch
          state: {
            numbers: {},
            vectors: { kept: state.vectors['kept'] ?? tf.zeros([size]), sum: tf.ones([size]) },
          },
        })
      },
      endEpoch: (state) => TE.right(state),
    }
    const rows = golden.lora.rows.map((r, i) => tokenExample(String(i), r))
    const settings: LoopSettings = {
      start: new Float32Array(size),
      rows,
      rowNumbers: rows.map((_, i) => i),
      tokenCounts: () => ({ response: 1, all: 2 }),
      recipe: { ...recipeDefaults, batchSize: 1, accumulate: 3 },
      seed: 1,
      rule,
      publish: () => undefined,
      run: { name: 'fails' },
    }
    const before = tf.memory().numTensors
    expect(await trainLoop(settings)()).toMatchObject({
      left: { message: 'the third batch of the second step' },
    })
    expect(tf.memory().numTensors).toBe(before)
  })
})
