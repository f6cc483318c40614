import fc from 'fast-check'
import type { Monoid } from 'fp-ts/Monoid'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import {
  type CausalLM,
  type DataDefence,
  type Dataset,
  type DecodingDefence,
  type Defence,
  type GradientOracle,
  type LoraAdapter,
  type Stage,
  type TrainingDefence,
  type UpdateRule,
  type WeightsDefence,
  arraySpace,
  compose,
  dataDefence,
  dataMonoid,
  decodingDefence,
  decodingMonoid,
  defenceName,
  isIdentity,
  modelVersion,
  noDefence,
  pipelineMonoid,
  pipelineOf,
  plainRule,
  textExample,
  trainingDefence,
  trainingMonoid,
  weightsDefence,
  weightsMonoid,
} from '../src/contracts'

// what each stage carries, in a form that can be looked at -------------------------------------

const dataset: Dataset = {
  name: 'd',
  examples: Array.from({ length: 12 }, (_, i) => textExample(String(i), `p${i}`, `r${i}`)),
}
const adapter: LoraAdapter = {
  modules: [
    {
      name: 'm',
      A: { rows: 1, cols: 2, data: Float32Array.of(1, 2) },
      B: { rows: 2, cols: 1, data: Float32Array.of(3, 4) },
      scale: 1,
    },
  ],
  config: {},
  metadata: {},
  dtype: 'F32',
  extras: [],
}
const model: CausalLM = {
  specificationVersion: modelVersion,
  id: 'm',
  tokenizer: undefined,
  vocabSize: 4,
  stopTokens: new Set(),
  encodePrompt: () => TE.right([1]),
  open: () => TE.left({ _tag: 'ModelFailed', kind: 'failure', message: 'no session' }),
  generate: (requests) =>
    TE.right(requests.map(() => ({ tokens: [], text: '', finishReason: 'stop' as const }))),
  score: () => TE.right([]),
  dispose: () => undefined,
}
type G = ReadonlyArray<number>
const oracle: GradientOracle<G> = {
  space: arraySpace(2),
  deterministic: true,
  gradients: () => TE.left({ _tag: 'ModelFailed', kind: 'failure', message: 'not asked for' }),
  mean: (batch) => TE.right({ losses: new Float32Array(batch.length).fill(1), gradient: [1, 2] }),
  losses: (batch) => TE.right(new Float32Array(batch.length)),
}

/** Keeps the rows whose number is not divisible by k. */
const drop = (k: number): DataDefence =>
  dataDefence({
    name: `drop${k}`,
    parameters: { k },
    apply: (d) =>
      TE.right({ name: `${d.name}/${k}`, examples: d.examples.filter((_, i) => (i + 1) % k !== 0) }),
  })
/** Affine in the gradient, so that order matters. */
const bend = (k: number): TrainingDefence =>
  trainingDefence<never>({
    name: `bend${k}`,
    parameters: { k },
    apply: (rule, o) =>
      TE.right({
        ...rule,
        name: `${rule.name}/${k}`,
        step: (state, at) =>
          TE.Functor.map(rule.step(state, at), (u) => ({
            ...u,
            gradient: o.space.add(o.space.scale(k, u.gradient), u.gradient),
          })),
      }),
  })
const shrink = (k: number): WeightsDefence =>
  weightsDefence({
    name: `shrink${k}`,
    parameters: { k },
    apply: (a) => TE.right({ ...a, modules: a.modules.map((m) => ({ ...m, scale: m.scale / k + k })) }),
  })
const wrap = (k: number): DecodingDefence =>
  decodingDefence({
    name: `wrap${k}`,
    parameters: { k },
    apply: (m) => TE.right({ ...m, id: `${m.id}/${k}` }),
  })

const right = <A>(e: E.Either<unknown, A>): A => {
  if (E.isLeft(e)) throw new Error('left')
  return e.right
}
const named = (d: Defence): unknown => d.steps
const looksLike = {
  data: async (d: DataDefence): Promise<unknown> => [named(d), right(await d.apply(dataset)())],
  training: async (d: TrainingDefence): Promise<unknown> => {
    const rule: UpdateRule<G> = right(await d.apply(plainRule(oracle), oracle)())
    const at = {
      phase: 'train' as const,
      epoch: 0,
      step: 0,
      trainingSteps: 1,
      epochStart: true,
      parameters: oracle.space.zero,
      batch: dataset.examples,
      indices: [],
    }
    return [named(d), rule.name, right(await rule.step(rule.initial, at)())]
  },
  weights: async (d: WeightsDefence): Promise<unknown> => [named(d), right(await d.apply(adapter)())],
  decoding: async (d: DecodingDefence): Promise<unknown> => [named(d), right(await d.apply(model)()).id],
}

/** Identity and associativity, by effect and by name. */
const laws = <D>(
  stage: Stage,
  monoid: Monoid<D>,
  make: (k: number) => D,
  seen: (d: D) => Promise<unknown>,
): void => {
  const any = fc.oneof(fc.constant(monoid.empty), fc.integer({ min: 2, max: 5 }).map(make))
  it(`${stage}: "none" changes nothing, on either side`, async () => {
    await fc.assert(
      fc.asyncProperty(any, async (a) => {
        expect(await seen(monoid.concat(a, monoid.empty))).toEqual(await seen(a))
        expect(await seen(monoid.concat(monoid.empty, a))).toEqual(await seen(a))
      }),
      { numRuns: 30 },
    )
  })
  it(`${stage}: is associative`, async () => {
    await fc.assert(
      fc.asyncProperty(any, any, any, async (a, b, c) => {
        expect(await seen(monoid.concat(monoid.concat(a, b), c))).toEqual(
          await seen(monoid.concat(a, monoid.concat(b, c))),
        )
      }),
      { numRuns: 50 },
    )
  })
}

describe('each stage is a monoid', () => {
  laws('data', dataMonoid, drop, looksLike.data)
  laws('training', trainingMonoid, bend, looksLike.training)
  laws('weights', weightsMonoid, shrink, looksLike.weights)
  laws('decoding', decodingMonoid, wrap, looksLike.decoding)

  it('applies the first defence first', async () => {
    expect(right(await dataMonoid.concat(drop(2), drop(3)).apply(dataset)()).name).toBe('d/2/3')
    expect(right(await decodingMonoid.concat(wrap(2), wrap(3)).apply(model)()).id).toBe('m/2/3')
  })
})

describe('pipelines', () => {
  it('compose stage by stage, and are unchanged by "no defence"', () => {
    const p = pipelineMonoid.concat(
      pipelineOf(drop(2)),
      pipelineMonoid.concat(pipelineOf(drop(3)), pipelineOf(shrink(2))),
    )
    expect([p.data, p.training, p.weights, p.decoding].map(defenceName)).toEqual([
      'drop2+drop3',
      '',
      'shrink2',
      '',
    ])
    expect([p.data, p.training].map(isIdentity)).toEqual([false, true])
    expect(compose(drop(2), shrink(2), drop(3)).data.steps).toEqual(p.data.steps)
    expect(compose().decoding.steps).toEqual([])
    const same = pipelineMonoid.concat(p, noDefence)
    expect(same.data.steps).toEqual(p.data.steps)
    expect(defenceName(pipelineOf(wrap(2)).decoding)).toBe('wrap2')
    expect(defenceName(pipelineOf(bend(2)).training)).toBe('bend2')
  })
})
