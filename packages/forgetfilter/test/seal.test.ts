/** SEAL over a bigram model whose gradients are written out here, against torch's autograd and Adam (tools/golden/forgetfilter_seal.py). */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import { newIORef } from 'fp-ts/IORef'
import * as TE from 'fp-ts/TaskEither'
import * as fc from 'fast-check'
import {
  type Dataset,
  type Diagnostics,
  type Example,
  type Fault,
  type GradientOracle,
  type LoraAdapter,
  type RecipeChanges,
  type Resources,
  type TrainingDefence,
  arraySpace,
  failure,
  noDefence,
  plainRule,
} from '@safe/tensor-core/contracts'
import { plugins, seal } from '../src'
import { endless } from '../src/rivals/seal'
import { type Progress, freshProgress, safeWeight, sealTraining } from '../src/rivals/sealRule'
import { rowWeights, selectorGradient } from '../src/rivals/sealSelector'
import { type Row, exampleOf, lossAndGradient } from './fakes/bigram'

interface Golden {
  readonly batch: number
  readonly weights: number[][]
  readonly data: ReadonlyArray<Row>
  readonly safe: ReadonlyArray<Row>
  readonly cases: ReadonlyArray<{
    readonly epochs: number
    readonly lr: number
    readonly selectorLr: number
    readonly decay: number
    readonly gradNorms: ReadonlyArray<number>
    readonly scores: ReadonlyArray<number>
    readonly final: ReadonlyArray<number>
  }>
}
const golden = JSON.parse(readFileSync(join(__dirname, 'golden/seal.json'), 'utf8')) as Golden
const set = (name: string, rows: ReadonlyArray<Row>): Dataset => ({ name, examples: rows.map(exampleOf) })
const data = set('data', golden.data)
const safe = set('safe', golden.safe)
const right = <A>(e: E.Either<unknown, A>): A => {
  if (E.isLeft(e)) throw new Error(JSON.stringify(e.left))
  return e.right
}

// training ---------------------------------------------------------------------------------------

type Vector = ReadonlyArray<number>
const adapter: LoraAdapter = { modules: [], config: {}, metadata: {}, dtype: 'F32', extras: [] }

/** A training loop over the bigram model, in file order and by plain gradient steps; it notes what it did. */
const machine = (failAt = Infinity) => {
  const state = { open: 0, calls: 0, theta: golden.weights.flat() as Vector, norms: new Array<number>() }
  const seen = new Array<{ data: Dataset; changes: RecipeChanges; from: boolean; name: string }>()
  const plain = arraySpace(state.theta.length)
  const made = <A>(a: A): A => {
    state.open += 1
    return a
  }
  const attempt = <A>(work: () => A) =>
    TE.fromIOEither(() =>
      ++state.calls >= failAt ? E.left(failure('ModelFailed', 'no more')) : E.right(work()),
    )
  const of = (rows: ReadonlyArray<Example>) => rows.map((row) => lossAndGradient(state.theta, row))
  const oracle: GradientOracle<Vector> = {
    space: {
      ...plain,
      add: (a, b) => made(plain.add(a, b)),
      scale: (k, a) => made(plain.scale(k, a)),
      free: () => (state.open -= 1),
    },
    gradients: () => TE.left(failure('ModelFailed', 'not used')),
    mean: (rows, pass, weights = new Float32Array(rows.length).fill(1)) =>
      attempt(() => {
        expect(pass).toEqual({ kind: 'deterministic' })
        const total = weights.reduce((a, b) => a + b)
        const sum = of(rows).reduce<Vector>(
          (all, { gradient }, i) => plain.add(all, plain.scale(weights[i]! / total, gradient)),
          plain.zero(),
        )
        return { losses: Float32Array.from(of(rows), ({ loss }) => loss), gradient: made(sum) }
      }),
    losses: (rows) => attempt(() => Float32Array.from(of(rows), ({ loss }) => loss)),
    deterministic: true,
  }
  const run = async (rows: Dataset, epochs: number, lr: number, defence: TrainingDefence) => {
    const rule = right(await defence.apply(plainRule(oracle), oracle)())
    // Rows without a response token are left out, as training does; the others keep their numbers.
    const numbers = rows.examples.flatMap(({ response }, i) =>
      response.kind === 'tokens' && response.tokens.length > 0 ? [i] : [],
    )
    let kept = rule.initial
    for (let epoch = 0, step = 0; epoch < epochs; epoch++)
      for (let first = 0; first < numbers.length; first += golden.batch, step++) {
        const indices = numbers.slice(first, first + golden.batch)
        const update = await rule.step(kept, {
          ...{ phase: 'train', epoch, step, trainingSteps: 99, epochStart: first === 0 },
          ...{ batch: indices.map((i) => rows.examples[i]!), indices, parameters: () => state.theta },
        })()
        if (E.isLeft(update)) return update
        const { gradient } = update.right
        // As a checkpoint would hold it.
        kept = JSON.parse(JSON.stringify(update.right.state)) as typeof kept
        state.norms.push(Math.sqrt(plain.dot(gradient, gradient)))
        state.theta = plain.add(state.theta, plain.scale(-lr, gradient))
        oracle.space.free(gradient)
      }
    return E.right(adapter)
  }
  const train: Resources['train'] = (rows, changes = {}, init?, defence = noDefence.training) => {
    seen.push({ data: rows, changes, from: init !== undefined, name: defence.steps[0]?.name ?? '' })
    return () => run(rows, changes.epochs ?? 1, changes.lr ?? 1, defence)
  }
  return { state, seen, train, run }
}

const filtered = async (
  options: Record<string, number>,
  given: Partial<{ data: Dataset; safe: Dataset; seed: number; failAt: number }> = {},
) => {
  const { state, seen, train } = machine(given.failAt)
  const recorded: Record<string, unknown> = {}
  const record = (values: Diagnostics): void => void Object.assign(recorded, values)
  const resources = { seed: given.seed ?? 1, train, safe: given.safe ?? safe }
  const result = await seal({ lr: 0.5, ...options }, resources, record).apply(given.data ?? data)()
  return { result, recorded, state, seen }
}

// tests ------------------------------------------------------------------------------------------

describe('the training of a selector', () => {
  it.each(golden.cases.map((c) => [c.epochs, c.decay, c] as const))(
    'equals that of torch: %d epochs, decay %d',
    async (epochs, decay, c) => {
      const learned = newIORef<Progress>(freshProgress(12))()
      const { state, run } = machine()
      const draw = (drawn: number, count: number) =>
        Array.from({ length: count }, (_, k) => safe.examples[(drawn + k) % safe.examples.length]!)
      const of = {
        rows: 12,
        decay,
        selectorLr: c.selectorLr,
        draw,
        learned: (p: Progress) => learned.write(p),
      }
      right(await run(data, epochs, c.lr, sealTraining(of)))
      const { selector, drawn, passes } = learned.read()
      expect(state.norms).toHaveLength(c.gradNorms.length)
      state.norms.forEach((norm, k) => expect(norm).toBeCloseTo(c.gradNorms[k]!, 6))
      selector.scores.forEach((s, i) => expect(Math.abs(s - c.scores[i]!)).toBeLessThan(1e-6))
      state.theta.forEach((x, i) => expect(Math.abs(x - c.final[i]!)).toBeLessThan(1e-6))
      expect([selector.steps, drawn, passes]).toEqual([3 * epochs, 12 * epochs, 24 * epochs])
      expect([...selector.seen]).toEqual(new Array(12).fill(1))
      expect(state.open).toBe(0)
    },
  )
  it('frees everything, wherever a pass fails', async () => {
    for (let failAt = 1; failAt <= 12; failAt++) {
      const { result, state } = await filtered({ epochs: 2, decay: 0.3 }, { failAt })
      expect(result).toMatchObject({ left: { _tag: 'ModelFailed' } })
      expect(state.open).toBe(0)
    }
    expect(E.isRight((await filtered({ epochs: 2, decay: 0.3 }, { failAt: 13 })).result)).toBe(true)
  })
  it('weighs safe rows less with each epoch, never below nothing', () => {
    expect([0, 1, 2].map((epoch) => safeWeight(0.03, epoch))).toEqual([1, 0.97, 0.94])
    expect(safeWeight(0.4, 3)).toBe(0)
  })
})

describe('the selector', () => {
  const scores = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 2, maxLength: 8 })

  it('has weights of mean 1 that a common shift does not change', () =>
    fc.assert(
      fc.property(scores, fc.double({ min: -500, max: 500, noNaN: true }), (s, shift) => {
        const q = rowWeights(s)
        expect(q.reduce((a, b) => a + b, 0) / s.length).toBeCloseTo(1, 9)
        rowWeights(s.map((x) => x + shift)).forEach((x, i) => expect(x).toBeCloseTo(q[i]!, 6))
      }),
    ))
  it('has the gradient of its loss, whose entries sum to 0', () =>
    fc.assert(
      fc.property(scores, fc.nat(), fc.double({ min: 0, max: 5, noNaN: true }), (s, k, loss) => {
        const rows = [k % s.length, ...(s.length > 2 ? [(k + 1) % s.length] : [])]
        const losses = rows.map((_, i) => loss + i)
        const lossOf = (at: ReadonlyArray<number>): number =>
          rows.reduce((sum, row, i) => sum + (rowWeights(at)[row]! * losses[i]!) / rows.length, 0)
        const gradient = selectorGradient(s, { rows, losses })
        expect(gradient.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 9)
        gradient.forEach((g, j) => {
          const moved = (by: number) => lossOf(s.map((x, i) => (i === j ? x + by : x)))
          expect(g).toBeCloseTo((moved(1e-4) - moved(-1e-4)) / 2e-4, 4)
        })
      }),
    ))
})

describe('seal', () => {
  it('keeps the share, unchanged and in order, and trains once from the aligned model', async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.nat(50), async (keep, seed) => {
        const { result, recorded, seen } = await filtered({ keep }, { seed })
        const left = right(result).examples
        expect(left).toHaveLength(Math.round(keep * 12))
        expect(left).toEqual(data.examples.filter((row) => left.includes(row)))
        expect(seen).toEqual([{ data, changes: { epochs: 3, lr: 0.5 }, from: false, name: 'seal' }])
        expect(recorded).toMatchObject({ rows: 12, dropped: 12 - left.length, selectorSteps: 9 })
        if (left.length > 0 && left.length < 12)
          expect(Number(recorded['scoreKept'])).toBeGreaterThan(Number(recorded['scoreDropped']))
      }),
      { numRuns: 20 },
    )
  })
  it('keeps more of the same rows at a larger share', async () => {
    const kept = async (keep: number) => right((await filtered({ keep })).result).examples
    const [few, many] = [await kept(0.4), await kept(0.7)]
    expect(few.every((row) => many.includes(row))).toBe(true)
  })
  it('is the identity at keep 1: nothing is trained', async () => {
    const { result, recorded, seen } = await filtered({ keep: 1 })
    expect(right(result)).toBe(data)
    expect(seen).toEqual([])
    expect(recorded).toMatchObject({ rows: 12, dropped: 0 })
  })
  it('drops the rows that contradict the safe ones', async () => {
    const answers = (n: number, token: (i: number) => number): ReadonlyArray<Row> =>
      Array.from({ length: n }, (_, i) => ({ prompt: 0, response: [token(i)] }))
    // Every second one is labelled unsafe.
    const mixed = set(
      'mixed',
      answers(400, (i) => (i % 2 === 0 ? 1 : 2)),
    )
    const own = set(
      'safe',
      answers(6, () => 1),
    )
    const { recorded } = await filtered({ keep: 0.5 }, { data: mixed, safe: own })
    expect(recorded).toMatchObject({ precision: 1, recall: 1, extraForwardPasses: 3 * (400 + 400) })
  })
  it('keeps rows that have no response', async () => {
    const silent = exampleOf({ prompt: 0, response: [] }, 12)
    const { result } = await filtered(
      { keep: 0 },
      { data: { ...data, examples: [silent, ...data.examples] } },
    )
    expect(right(result).examples).toEqual([silent])
  })
  it('needs safe rows, and ends in what training ends in', async () => {
    expect((await filtered({}, { safe: set('safe', []) })).result).toMatchObject({
      left: { _tag: 'EmptyData', kind: 'input', where: 'safe' },
    })
    const train = () => TE.left<Fault>(failure('TrainingDiverged', 'no'))
    expect(await seal({}, { seed: 1, safe, train }).apply(data)()).toMatchObject({
      left: { _tag: 'TrainingDiverged' },
    })
  })
  it('draws safe rows in whole passes, at most as many as there are', () => {
    const draw = right(endless(safe, 3))
    const ids = (rows: ReadonlyArray<Example>) => rows.map(({ id }) => id)
    for (const pass of [0, 1])
      expect(ids(draw(7 * pass, 7)).sort()).toEqual(['0', '1', '2', '3', '4', '5', '6'])
    expect(ids(draw(0, 7))).not.toEqual(ids(draw(7, 7)))
    expect(draw(3, 100)).toHaveLength(7)
    expect(ids(draw(5, 4))).toEqual([...ids(draw(0, 7)).slice(5), ...ids(draw(7, 2))])
  })
  it('is a plugin with the defaults of the contract, needs, strengths and an estimate', () => {
    const plugin = plugins.find(({ name }) => name === 'seal')!
    expect(plugin.complete({})).toEqual(
      E.right({ keep: 0.8, epochs: 3, lr: 1e-5, selectorLr: 5e-3, decay: 0.03 }),
    )
    expect(E.isLeft(plugin.complete({ keep: 1.1 }))).toBe(true)
    expect(plugin.needs).toEqual(['seed', 'train', 'safe'])
    const { options, values } = plugin.strength!
    expect([...values].sort((a, b) => Number(b) - Number(a))).toEqual(values)
    for (const value of values)
      expect(plugin.complete({ [options[0]!]: value })).toMatchObject({ right: { keep: value } })
    const size = {
      rows: 95,
      safe: 9,
      references: 0,
      harmful: 0,
      steps: 30,
      stepsOn: () => 30,
      batchSize: 10,
      maxNewTokens: 8,
    }
    expect(plugin.work?.({ epochs: 3 }, size)).toEqual({ trainingSteps: 60 })
    for (const field of ['source', 'commit', 'formula', 'defaults', 'differs'] as const)
      expect(plugin.fidelity?.[field]).toMatch(/\S/)
  })
})
