/** Gradient-anchor over a bigram model whose gradients are written out here, against torch's autograd (tools/golden/forgetfilter_anchor.py). */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import {
  type Dataset,
  type Diagnostics,
  type Example,
  type GradientOracle,
  type OpenGradients,
  type Resources,
  arraySpace,
  badInput,
  failure,
} from '@safe/tensor-core/contracts'
import { gradientAnchor, plugins } from '../src'
import { type Row, exampleOf, lossAndGradient } from './fakes/bigram'

// golden values ----------------------------------------------------------------------------------

interface Golden {
  readonly anchors: number
  readonly tokens: number
  readonly weights: number[][]
  readonly data: ReadonlyArray<Row>
  readonly harmful: ReadonlyArray<Row>
  readonly references: ReadonlyArray<Row>
  readonly scores: ReadonlyArray<number>
  readonly order: ReadonlyArray<number>
}
const golden = JSON.parse(readFileSync(join(__dirname, 'golden/anchor.json'), 'utf8')) as Golden
const { anchors, tokens, weights } = golden

// model ------------------------------------------------------------------------------------------

type Vector = ReadonlyArray<number>
const vocab = weights.length

const flat = weights.flat()
const gradientOf = (row: Example): Vector => lossAndGradient(flat, row).gradient

/** Resources over that model; `open` counts vectors and batches that are not freed. */
const world = () => {
  const state = { open: 0, calls: 0, failAt: Infinity, batches: new Array<number>() }
  const made = <A>(a: A): A => {
    state.open += 1
    return a
  }
  const plain = arraySpace(vocab * vocab)
  const space: typeof plain = {
    ...plain,
    zero: () => made(plain.zero()),
    add: (a, b) => made(plain.add(a, b)),
    scale: (k, a) => made(plain.scale(k, a)),
    free: () => (state.open -= 1),
  }
  const norm = (a: Vector): number => Math.sqrt(plain.dot(a, a))
  const attempt = <A>(work: () => A): TE.TaskEither<ReturnType<typeof failure<'ModelFailed'>>, A> =>
    TE.fromIOEither(() =>
      ++state.calls >= state.failAt ? E.left(failure('ModelFailed', 'no more')) : E.right(work()),
    )
  const oracle: GradientOracle<Vector> = {
    space,
    gradients: (batch) =>
      attempt(() => {
        const all = made(batch.map(gradientOf))
        state.batches.push(batch.length)
        return {
          losses: new Float32Array(batch.length),
          cosines: (d) => Float32Array.from(all, (g) => plain.dot(g, d) / (norm(g) * norm(d) || Infinity)),
          weightedMean: () => made(plain.zero()),
          dispose: () => (state.open -= 1),
        }
      }),
    mean: ([row]) => attempt(() => ({ losses: new Float32Array(1), gradient: made(gradientOf(row!)) })),
    losses: () => TE.left(failure('ModelFailed', 'not used')),
    deterministic: true,
  }
  const opened = (data: Dataset): OpenGradients<Vector> => ({
    oracle,
    rows: data.examples.flatMap((example, number) =>
      example.response.kind === 'tokens' && example.response.tokens.length > 0 ? [{ example, number }] : [],
    ),
    batchSize: 5,
    opening: (row, n) =>
      row.response.kind === 'tokens' && row.response.tokens.length > 0
        ? E.right({ ...row, response: { kind: 'tokens', tokens: row.response.tokens.slice(0, n) } })
        : E.left(badInput('BadRow', 'has no response token', { where: `row ${row.id}` })),
  })
  const gradients: Resources['gradients'] = (data, use) => use(opened(data))
  return { state, gradients }
}

const rowsOf = (name: string, rows: ReadonlyArray<Row>): Dataset => ({ name, examples: rows.map(exampleOf) })
const data = rowsOf('data', golden.data)
const harmful = rowsOf('harmful', golden.harmful)
const references = rowsOf('references', golden.references)

const right = <A>(e: E.Either<unknown, A>): A => {
  if (E.isLeft(e)) throw new Error(JSON.stringify(e.left))
  return e.right
}
const filtered = async (
  share: number,
  changed: Partial<{ data: Dataset; harmful: Dataset; references: Dataset; failAt: number }> = {},
) => {
  const { state, gradients } = world()
  state.failAt = changed.failAt ?? Infinity
  const recorded: Record<string, unknown> = {}
  const record = (values: Diagnostics): void => void Object.assign(recorded, values)
  const given = {
    gradients,
    harmful: changed.harmful ?? harmful,
    references: changed.references ?? references,
  }
  const defence = gradientAnchor({ share, anchors, tokens }, given, record)
  const result = await defence.apply(changed.data ?? data)()
  return { result, recorded, state }
}

describe('gradient-anchor', () => {
  it.each([0, 0.1, 0.25, 0.5, 0.9, 1])(
    'drops the share %d with the highest scores of torch',
    async (share) => {
      const { result, recorded, state } = await filtered(share)
      const gone = new Set(golden.order.slice(0, Math.round(share * data.examples.length)))
      expect(right(result).examples).toEqual(data.examples.filter((_, i) => !gone.has(i)))
      const mean = (xs: number[]) => xs.reduce((a, b) => a + b, 0) / xs.length
      const of = (dropped: boolean) => golden.scores.filter((_, i) => gone.has(i) === dropped)
      if (gone.size > 0) expect(recorded['scoreDropped']).toBeCloseTo(mean(of(true)), 5)
      else expect(recorded['scoreDropped']).toBeNull()
      if (gone.size < 12) expect(recorded['scoreKept']).toBeCloseTo(mean(of(false)), 5)
      expect(recorded).toMatchObject({ rows: 12, dropped: gone.size, scored: 12, labelled: 12, unsafe: 6 })
      expect(recorded['extraForwardPasses']).toBe(12 + 3 * anchors)
      expect(state).toMatchObject({ open: 0, batches: [5, 5, 2] })
    },
  )
  it('uses the first rows alone as anchors, and their first tokens', async () => {
    const reversed = { ...harmful, examples: [...harmful.examples].reverse() }
    const kept = right((await filtered(0.5)).result)
    expect(
      right(
        (await filtered(0.5, { harmful: { ...harmful, examples: harmful.examples.slice(0, 3) } })).result,
      ),
    ).toEqual(kept)
    const longer = harmful.examples.map((row) =>
      row.response.kind === 'tokens'
        ? {
            ...row,
            response: { ...row.response, tokens: [...row.response.tokens.slice(0, 4), 1, 1, 1, 1, 1] },
          }
        : row,
    )
    expect(right((await filtered(0.5, { harmful: { ...harmful, examples: longer } })).result)).toEqual(kept)
    expect((await filtered(0.5, { harmful: reversed })).recorded['scoreDropped']).not.toBe(
      (await filtered(0.5)).recorded['scoreDropped'],
    )
  })
  it('keeps rows that have no score', async () => {
    const silent = exampleOf({ prompt: 0, response: [] }, 12)
    const { result, recorded } = await filtered(1, {
      data: { ...data, examples: [...data.examples, silent] },
    })
    expect(right(result).examples).toEqual([silent])
    expect(recorded).toMatchObject({ rows: 13, scored: 12, dropped: 12 })
  })
  it('frees everything, wherever a pass fails', async () => {
    const passes = 3 * anchors + 3
    for (let failAt = 1; failAt <= passes; failAt++) {
      const { result, state } = await filtered(0.5, { failAt })
      expect(result).toMatchObject({ left: { _tag: 'ModelFailed' } })
      expect(state.open).toBe(0)
    }
    expect(E.isRight((await filtered(0.5, { failAt: passes + 1 })).result)).toBe(true)
  })
  it('says which anchor rows are missing, or have no response', async () => {
    const few = (set: Dataset, n: number): Dataset => ({ ...set, examples: set.examples.slice(0, n) })
    expect((await filtered(0.5, { harmful: few(harmful, 2) })).result).toMatchObject({
      left: { _tag: 'EmptyData', where: 'harmful', message: 'has 2 rows, but 3 are needed as anchors' },
    })
    expect((await filtered(0.5, { references: few(references, 5) })).result).toMatchObject({
      left: { where: 'references', message: 'has 5 rows, but 6 are needed as anchors' },
    })
    const silent = rowsOf(
      'harmful',
      golden.harmful.map((row) => ({ ...row, response: [] })),
    )
    expect((await filtered(0.5, { harmful: silent })).result).toMatchObject({
      left: { _tag: 'BadRow', where: 'row 0' },
    })
  })
  it('is a plugin with defaults, needs and an estimate', () => {
    const plugin = plugins.find(({ name }) => name === 'gradient-anchor')!
    expect(plugin.needs).toEqual(['gradients', 'harmful', 'references'])
    expect(right(plugin.complete({}))).toEqual({ share: 0.1, anchors: 10, tokens: 10 })
    const size = {
      rows: 95,
      safe: 0,
      references: 0,
      harmful: 0,
      steps: 30,
      stepsOn: () => 30,
      batchSize: 10,
      maxNewTokens: 8,
    }
    expect(plugin.work?.({}, size)).toEqual({ trainingSteps: 40 })
    for (const field of ['source', 'formula', 'defaults', 'differs'] as const)
      expect(plugin.fidelity?.[field]).toMatch(/\S/)
  })
})
