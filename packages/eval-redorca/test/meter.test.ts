import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as fc from 'fast-check'
import * as t from 'io-ts'
import { type Fault, failure } from '@safe/tensor-core/contracts'
import { type Memo, keepLines } from '@safe/tensor-core/pipeline'
import { measured, noteDiagnostics, noteTokens } from '../src/work/meter'
import { folderStore } from '../src/store'
import { workStore } from '../src/work/workStore'

const folder = (): string => mkdtempSync(join(tmpdir(), 'redorca-meter-'))
const keep = keepLines('values.jsonl', t.number)
const pause =
  (ms: number): TE.TaskEither<never, ReadonlyArray<number>> =>
  async () => {
    await new Promise((done) => setTimeout(done, ms))
    return E.right([ms])
  }
const right = <A>(e: E.Either<Fault, A>): A => {
  if (E.isLeft(e)) throw new Error(e.left.message)
  return e.right
}

/** A filter that trains a model; the model may have been trained before. */
const trainingIn = (memo: Memo) =>
  memo.once(
    () => ({ step: 'training' }),
    keep,
    () => pause(5),
  )
const filterIn = (memo: Memo) =>
  memo.once(
    () => ({ step: 'data' }),
    keep,
    () =>
      pipe(
        trainingIn(memo),
        TE.chainFirstIOK(() => () => noteDiagnostics('filter', { dropped: 3 })),
      ),
  )
const fields = (path: string): Readonly<Record<string, unknown>> => {
  const read: unknown = JSON.parse(readFileSync(path, 'utf8'))
  return t.UnknownRecord.is(read) ? read : {}
}
const steps = (out: string): ReadonlyArray<string> =>
  existsSync(join(out, 'work')) ? readdirSync(join(out, 'work')) : []
const stored = (out: string, step: string): Readonly<Record<string, unknown>> => {
  const place = steps(out).find((name) => fields(join(out, 'work', name, 'key.json'))['step'] === step)
  return fields(join(out, 'work', place ?? '', 'cost.json'))
}
/** Makes the only stored step one that took so long. */
const costs = (out: string, seconds: number): void =>
  writeFileSync(
    join(out, 'work', steps(out)[0] ?? '', 'cost.json'),
    JSON.stringify({ seconds, peakBytes: 1, diagnostics: {} }),
  )

describe('measuring steps', () => {
  it('tells a stored step what it cost when it was computed, and what its method did', async () => {
    const out = folder()
    const memo = workStore(folderStore(out), new AbortController().signal)
    const first = right(await measured(filterIn(memo))())
    const second = right(await measured(filterIn(memo))())
    expect(first.steps).toHaveLength(1)
    expect(second.steps).toEqual(first.steps)
    const [step] = second.steps
    expect(step).toMatchObject({ step: 'data', diagnostics: { filter: { dropped: 3 } } })
    expect(step?.seconds).toBeGreaterThan(0)
    expect(step?.peakBytes).toBeGreaterThan(1e6)
  })

  it('counts a step within another as if it was computed for it, though it was there before', async () => {
    const out = folder()
    const memo = workStore(folderStore(out), new AbortController().signal)
    right(await trainingIn(memo)())
    costs(out, 100)
    right(await filterIn(memo)())
    const { seconds } = stored(out, 'data')
    expect(seconds).toBeGreaterThanOrEqual(100)
    expect(seconds).toBeLessThan(200)
  })

  it('counts the same step once, however often it is needed', async () => {
    const out = folder()
    const memo = workStore(folderStore(out), new AbortController().signal)
    right(await trainingIn(memo)())
    costs(out, 100)
    const twice = pipe(
      trainingIn(memo),
      TE.chain(() => trainingIn(memo)),
    )
    const { steps, record } = right(await measured(twice)())
    expect(steps).toHaveLength(1)
    expect(record.seconds).toBeGreaterThanOrEqual(100)
    expect(record.seconds).toBeLessThan(200)
  })

  it('does not know the cost of a step that an earlier version stored, nor of what needs it', async () => {
    const out = folder()
    const memo = workStore(folderStore(out), new AbortController().signal)
    right(await trainingIn(memo)())
    rmSync(join(out, 'work', steps(out)[0] ?? '', 'cost.json'))
    right(await filterIn(memo)())
    expect(stored(out, 'data')).toMatchObject({ seconds: null, peakBytes: null })
    expect(right(await measured(trainingIn(memo))()).steps).toEqual([
      { step: 'training', seconds: null, peakBytes: null, diagnostics: {} },
    ])
  })

  it('takes a damaged cost for an unknown one', async () => {
    const out = folder()
    const memo = workStore(folderStore(out), new AbortController().signal)
    right(await trainingIn(memo)())
    writeFileSync(join(out, 'work', steps(out)[0] ?? '', 'cost.json'), '{"seconds": "long"}')
    expect(right(await measured(trainingIn(memo))()).steps[0]?.seconds).toBeNull()
  })

  it('stores nothing of a step that fails', async () => {
    const out = folder()
    const failing = workStore(folderStore(out), new AbortController().signal).once(
      () => ({ step: 'data' }),
      keep,
      () => TE.left<Fault, ReadonlyArray<number>>(failure('Broken', 'no')),
    )
    expect(await measured(failing)()).toMatchObject({ left: { _tag: 'Broken' } })
    expect(steps(out).filter((name) => existsSync(join(out, 'work', name, 'cost.json')))).toEqual([])
  })
})

describe('noting', () => {
  it('adds up tokens, and keeps the last value of each name by method', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.nat(100), { minLength: 1 }), async (counts) => {
        const { record } = right(
          await measured<Fault, undefined>(async () => {
            for (const n of counts) {
              await Promise.resolve()
              noteTokens(n)
              noteDiagnostics('a', { n })
            }
            noteDiagnostics('b', { other: true })
            return E.right(undefined)
          })(),
        )
        expect(record.tokensDecoded).toBe(counts.reduce((sum, n) => sum + n, 0))
        expect(record.diagnostics).toEqual({ a: { n: counts.at(-1) }, b: { other: true } })
      }),
      { numRuns: 20 },
    ))

  it('keeps concurrent steps apart', async () => {
    const one = (name: string, ms: number) =>
      measured(
        pipe(
          pause(ms),
          TE.chainFirstIOK(() => () => noteDiagnostics(name, {})),
        ),
      )()
    const both = await Promise.all([one('slow', 20), one('quick', 1)])
    expect(both.map((e) => Object.keys(right(e).record.diagnostics))).toEqual([['slow'], ['quick']])
  })

  it('says so where what a method records is no JSON, and does nothing outside a step', async () => {
    noteTokens(3)
    noteDiagnostics('a', {})
    const { record } = right(
      await measured<Fault, undefined>(() => {
        noteDiagnostics('a', { big: 1n })
        return Promise.resolve(E.right(undefined))
      })(),
    )
    expect(record.diagnostics).toEqual({ a: { error: 'what the method recorded is no plain JSON' } })
    expect(record.tokensDecoded).toBeUndefined()
  })
})
