import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { type DefencePlugin, type ExpectedWork, failure, pluginVersion } from '@safe/tensor-core/contracts'
import { recipeDefaults } from '@safe/tensor-core/lm'
import { type MethodsAt, expectedParts, expectedSeconds, jobWork, withCosts } from '../src/plan/expected'
import type { PlannedJob } from '../src/plan/plan'
import { type Factors, undefended } from '../src/plan/factors'
import { stepsOf } from '../src/plan/sizes'

const rates = { step: 2, completion: 0.5, score: 0.1, judgement: 0.25 }
const sizes = {
  ...{ rows: 100, safe: 10, references: 10, harmful: 10, steps: 30, stepsOn: (rows: number) => rows / 10 },
  ...{ batchSize: 10, maxNewTokens: 8, items: 40 },
}
const bare: Factors = { model: 'aligned', regime: 'noisy', seed: 1, ...undefended }

const method = (name: string, work: ExpectedWork | undefined) => {
  const plugin: DefencePlugin = {
    specificationVersion: pluginVersion,
    name,
    stage: 'data',
    summary: '',
    needs: [],
    complete: E.right,
    create: () => TE.left(failure('Unavailable', 'is only described')),
    ...(work === undefined ? {} : { work: () => work }),
  }
  return {
    method: {
      use: name,
      name,
      options: {},
      control: false,
      controls: undefined,
      label: undefined,
      byDefault: false,
    },
    plugin,
    options: {},
    version: '1',
  }
}

const methods: MethodsAt = (stage) =>
  ({
    data: [
      method('filter', { trainingSteps: 10, completions: 20, scoredRows: 100 }),
      method('drop', undefined),
    ],
    training: [method('select', { stepFactor: 1.5, trainingSteps: 4 })],
    weights: [method('shrink', undefined)],
    decoding: [method('beams', { completionFactor: 3 }), method('prefix', { completionFactor: 2 })],
  })[stage]

const seconds = expectedSeconds(
  methods,
  () => sizes,
  () => rates,
)

describe('expected time', () => {
  it('of undefended jobs is their steps and completions', () => {
    expect(seconds({ kind: 'adapter', factors: bare })).toBe(30 * 2)
    expect(seconds({ kind: 'cell', factors: bare })).toBe(40 * (0.5 + 0.25))
    expect(seconds({ kind: 'data', factors: bare })).toBe(0)
  })

  it('adds what methods say they compute, and multiplies their factors', () => {
    const all = { ...bare, data: 'a', training: 'b', weights: 'c', decoding: 'd' }
    expect(seconds({ kind: 'data', factors: all })).toBeCloseTo(10 * 2 + 20 * 0.5 + 100 * 0.1)
    expect(seconds({ kind: 'adapter', factors: all })).toBe(30 * 1.5 * 2 + 4 * 2)
    expect(seconds({ kind: 'cell', factors: all })).toBe(40 * (6 * 0.5 + 0.25))
  })

  it('counts the steps of a recipe as training does: accumulated batches, or a limit', () => {
    expect(stepsOf({ ...recipeDefaults, batchSize: 16, epochs: 3 }, 1000)).toBe(3 * 63)
    expect(stepsOf({ ...recipeDefaults, batchSize: 16, accumulate: 4, epochs: 1 }, 1000)).toBe(16)
    expect(stepsOf({ ...recipeDefaults, maxSteps: 7 }, 1000)).toBe(7)
  })

  it('counts runs that are the same at every strength once, and the undefended run where no job has it', () => {
    const jobs: ReadonlyArray<PlannedJob> = ['0.1', '0.2'].flatMap((strength) => [
      {
        id: `data ${strength}`,
        kind: 'data',
        needs: [],
        factors: { ...bare, data: 'f', strengths: { f: strength } },
      },
      {
        id: `weights ${strength}`,
        kind: 'weights',
        needs: [],
        factors: { ...bare, weights: 'w', strengths: { w: strength } },
      },
    ])
    const costs = (first: ReadonlyArray<ReturnType<typeof method>>, trained = false) =>
      withCosts(
        jobs,
        jobWork(
          (stage) => (stage === 'data' ? first : [method('w', { sharedSteps: 7, scoredRows: 10 })]),
          () => ({ ...sizes, trained }),
          () => rates,
        ),
      ).map(({ cost }) => cost)
    const filter = method('f', { undefendedRun: true, sharedSteps: 5, completions: 4 })
    // The safe phase and the safe adapter are in the cost of the first.
    expect(costs([filter])).toEqual([5 * 2 + 2, 5 + 7 * 2 + 1, 2, 5 + 1])
    // An adapter that was trained before is not what the filter starts from, and rows that another filter left are other rows.
    expect(costs([filter], true)[0]).toBe((5 + 30) * 2 + 2)
    expect(costs([method('g', {}), filter])[0]).toBe((5 + 30) * 2 + 2)
  })

  it('of a cell has the texts whose perplexity is measured, and of rows what their choice takes', () => {
    const more = { ...sizes, texts: 10, choosing: { trainingSteps: 3, scoredRows: 20 } }
    const of = expectedSeconds(
      methods,
      () => more,
      () => rates,
    )
    expect(of({ kind: 'cell', factors: bare })).toBeCloseTo(40 * 0.75 + 10 * 0.1)
    expect(of({ kind: 'rows', factors: bare })).toBeCloseTo(3 * 2 + 20 * 0.1)
  })

  it('is summed by kind of job, in the order of the pipeline', () => {
    const job = (kind: 'adapter' | 'cell', cost: number) => ({
      id: `${kind}${cost}`,
      kind,
      factors: bare,
      needs: [],
      cost,
    })
    expect(expectedParts([job('cell', 1), job('adapter', 5), job('cell', 2)])).toEqual([
      { kind: 'adapter', jobs: 1, seconds: 5 },
      { kind: 'cell', jobs: 2, seconds: 3 },
    ])
  })
})
