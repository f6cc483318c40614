import * as E from 'fp-ts/Either'
import { recipeDefaults, recipeOf, recipeOptions, recipeOptionsWith, withChanges } from '../../src/lm'
import { codecOf, defaultsOf, documentOf } from '../../src/options'

describe('the recipe', () => {
  it('has the defaults of tensor-core train', () => {
    expect(recipeDefaults).toEqual({
      rank: 16,
      alpha: 32,
      dropout: 0.05,
      targetModules: ['q_proj', 'v_proj'],
      lr: 2e-4,
      epochs: 1,
      maxSteps: undefined,
      batchSize: 8,
      accumulate: 1,
      maxLength: 1024,
      warmupSteps: 0,
      schedule: 'constant',
      weightDecay: 0,
      clip: 1,
      shuffle: true,
      groupByLength: false,
      loss: 'example',
      beta1: 0.9,
      beta2: 0.999,
    })
  })

  it('is decoded from a configuration with the defaults of a suite', () => {
    const own = { targetModules: ['all-linear'], rank: 8, alpha: 16, lr: 1e-3, epochs: 6 }
    const codec = codecOf(recipeOptionsWith(own, 'the suite'))
    expect(codec.decode({})).toEqual(E.right({ ...recipeDefaults, ...own }))
    const given = {
      ...{ rank: 4, alpha: 8, dropout: 0, 'target-modules': 'all-linear', lr: 0.01, epochs: 2 },
      ...{ 'max-steps': 9, 'batch-size': 4, accumulate: 2, 'max-length': 64, 'warmup-steps': 1 },
      ...{ schedule: 'cosine', 'weight-decay': 0.1, clip: 0, loss: 'token' },
    }
    const decoded = codec.decode(given)
    if (E.isLeft(decoded)) throw new Error('was refused')
    expect(decoded.right).toMatchObject({ targetModules: ['all-linear'], maxSteps: 9, schedule: 'cosine' })
    expect(codec.decode(documentOf(decoded.right))).toEqual(decoded)
    expect(codec.decode({ targetModules: ['q_proj', 'k_proj'] })).toMatchObject({
      right: { targetModules: ['q_proj', 'k_proj'] },
    })
    expect(E.isLeft(codec.decode({ 'learning-rate': 1 }))).toBe(true)
    expect(defaultsOf(recipeOptions)).toEqual(recipeDefaults)
  })

  it('takes changes: a new number of epochs undoes a number of steps', () => {
    const short = { ...recipeDefaults, maxSteps: 7 }
    expect(withChanges(short)).toEqual(short)
    expect(withChanges(short, { lr: 1 })).toEqual({ ...short, lr: 1 })
    expect(withChanges(short, { epochs: 2 })).toEqual({ ...recipeDefaults, epochs: 2 })
    expect(withChanges(short, { epochs: 2, maxSteps: 3 })).toEqual({
      ...recipeDefaults,
      epochs: 2,
      maxSteps: 3,
    })
  })

  it('is found among the values of a command', () => {
    expect(recipeOf({ ...recipeDefaults, ...{ out: 'folder' } })).toEqual(recipeDefaults)
  })
})
