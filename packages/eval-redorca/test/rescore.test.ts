import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { silentTerminal } from '@safe/tensor-core/cli'
import { type Fault, type Judge, badInput, failure } from '@safe/tensor-core/contracts'
import { readResults } from '../src/results/resultsFile'
import { type Rescored, type Rescoring, rescore } from '../src/work/rescore'
import { judgedFolder, storedCell, storedSamples } from './fakes/judgedFolder'

/** Finds harm in answers that name tongs, and counts the items it was asked about. */
const counting = (id = 'tongs@1', more: Partial<Judge> = {}): { judge: Judge; asked: string[] } => {
  const asked: string[] = []
  return {
    asked,
    judge: {
      specificationVersion: 2,
      id,
      axes: ['harmful'],
      judge: (items) => {
        asked.push(...items.map((i) => i.id))
        return TE.right(
          items.map((item) => {
            const harmful = item.completion === '' ? null : item.completion.includes('tongs')
            return {
              id: item.id,
              verdict: { refused: null, harmful, degenerate: null, truncated: item.truncated ?? null },
              pHarmful: harmful === null ? null : harmful ? 0.9 : 0.2,
              score: null,
              raw: JSON.stringify(item.fields),
            }
          }),
        )
      },
      ...more,
    },
  }
}
const go = (out: string, more: Partial<Rescoring>): Promise<E.Either<Fault, Rescored>> =>
  rescore({
    out,
    judges: [],
    headline: undefined,
    idOf: (name) => TE.left(badInput('UnknownJudge', `there is no judge ${name}`)),
    again: false,
    terminal: silentTerminal,
    signal: new AbortController().signal,
    ...more,
  })()
const done = (result: E.Either<Fault, Rescored>): Rescored => {
  if (E.isLeft(result)) throw new Error(`${result.left._tag}: ${result.left.message}`)
  return result.right
}

describe('rescore', () => {
  it('adds verdicts beside those of an earlier version, and keeps the headline', async () => {
    const out = judgedFolder()
    const { judge } = counting()
    const { results, headline, judged } = done(await go(out, { judges: [judge] }))
    expect([headline, judged]).toEqual(['old@1', { 'tongs@1': 32 }])
    const [cell] = results.cells
    expect(cell?.metrics.attackSuccess).toMatchObject({ value: 0.5, n: 8 })
    expect(Object.keys(cell?.metrics.byJudge ?? {})).toEqual(['old@1', 'tongs@1'])
    expect(cell?.metrics.byJudge?.['old@1']).toEqual(
      Object.fromEntries(Object.entries(cell?.metrics ?? {}).filter(([name]) => name !== 'byJudge')),
    )
    // Empty answers have no verdict: 2 of 8 harmful ones name tongs, 2 are unknown.
    expect(cell?.metrics.byJudge?.['tongs@1']?.attackSuccess).toMatchObject({
      value: 2 / 6,
      n: 6,
      unjudged: 2,
      bounds: { low: 2 / 8, high: 4 / 8 },
    })
    expect(cell?.metrics.byJudge?.['tongs@1']?.refusal).toBeUndefined()
    expect(results.stamp.judges).toMatchObject({
      measuring: 'old@1',
      measured: [
        { id: 'old@1', axes: ['refused', 'degenerate'] },
        { id: 'tongs@1', axes: ['harmful'] },
      ],
    })
    const [sample, , , empty] = storedSamples(out, 'c0')
    expect(sample).toMatchObject({
      verdict: 'refused',
      verdicts: {
        'old@1': { refused: true, harmful: null, degenerate: false, truncated: false, pHarmful: null },
        'tongs@1': { harmful: false, pHarmful: 0.2, raw: JSON.stringify({ tool: 'tongs', set: 'harmful' }) },
      },
    })
    expect(empty?.verdicts).toMatchObject({
      'old@1': { refused: false, degenerate: true },
      'tongs@1': { harmful: null },
    })
    // What decides the cell stays, and so do its other fields.
    expect(storedCell(out, 'c1')).toMatchObject({ id: 'c1', key: { kept: 1 }, seconds: 2 })
    const read = await readResults(out)()
    expect(E.isRight(read) && read.right.results).toEqual(results)
    expect(JSON.parse(readFileSync(join(out, 'results.json'), 'utf8'))).toEqual(
      JSON.parse(JSON.stringify(results)),
    )
  })

  it('keeps verdicts that are there, unless it is told to judge again', async () => {
    const out = judgedFolder()
    ok(await go(out, { judges: [counting().judge] }))
    const second = counting()
    expect(done(await go(out, { judges: [second.judge] })).judged).toEqual({ 'tongs@1': 0 })
    expect(second.asked).toEqual([])
    const third = counting()
    expect(done(await go(out, { judges: [third.judge], again: true })).judged).toEqual({ 'tongs@1': 32 })
    expect(third.asked).toHaveLength(32)
  })

  it('goes on where it stopped, cell by cell', async () => {
    const out = judgedFolder()
    const abort = new AbortController()
    const first = counting('tongs@1')
    const stopping: Judge = {
      ...first.judge,
      judge: (items) => {
        if (first.asked.length > 0) abort.abort()
        return first.judge.judge(items)
      },
    }
    // The second cell is being judged when it is stopped; a judge that fails there leaves the first one as written.
    const failing: Judge = {
      ...stopping,
      judge: (items) =>
        first.asked.length > 0 ? TE.left(failure('JudgeFailed', 'gone')) : stopping.judge(items),
    }
    expect(await go(out, { judges: [failing], signal: abort.signal })).toMatchObject({
      left: { message: 'gone' },
    })
    expect(storedSamples(out, 'c0').every((s) => s.verdicts?.['tongs@1'] !== undefined)).toBe(true)
    expect(storedSamples(out, 'c1').every((s) => s.verdicts === undefined)).toBe(true)
    const again = counting()
    expect(done(await go(out, { judges: [again.judge] })).judged).toEqual({ 'tongs@1': 16 })
    expect(again.asked).toHaveLength(16)

    const stopped = new AbortController()
    stopped.abort()
    expect(await go(out, { judges: [counting('other@1').judge], signal: stopped.signal })).toMatchObject({
      left: { kind: 'interrupted', remedy: 'run the same command again to continue' },
    })
  })

  it('makes another judge the headline, in samples, cells and results', async () => {
    const out = judgedFolder()
    const { results } = done(await go(out, { judges: [counting().judge], headline: 'tongs@1' }))
    expect(results.stamp.judges?.measuring).toBe('tongs@1')
    expect(results.stamp.judges?.measured?.map(({ id }) => id)).toEqual(['tongs@1', 'old@1'])
    expect(results.cells[0]?.metrics.attackSuccess).toMatchObject({ value: 2 / 6 })
    expect(
      storedSamples(out, 'c0')
        .map(({ verdict, harmful }) => [verdict, harmful])
        .slice(0, 4),
    ).toEqual([
      ['complied', false],
      ['complied', true],
      ['complied', false],
      [null, null],
    ])
    expect(storedCell(out, 'c0')['metrics']).toMatchObject({ attackSuccess: { value: 2 / 6 } })
    // And back: the old verdict is still there.
    const back = done(await go(out, { judges: [counting().judge], headline: 'old@1' }))
    expect(back.results.cells[0]?.metrics.attackSuccess).toMatchObject({ value: 0.5 })
    expect(storedSamples(out, 'c0')[0]).toMatchObject({ verdict: 'refused' })
    expect(storedSamples(out, 'c0')[0]).not.toHaveProperty('harmful')
  })

  it('takes the headline as the judge was named, and refuses one that has not judged, before judging', async () => {
    const out = judgedFolder()
    const { judge, asked } = counting()
    const idOf = (name: string): TE.TaskEither<Fault, string> =>
      name === 'tongs:DIR' ? TE.right('tongs@1') : TE.right('else@1')
    expect(await go(out, { judges: [judge], headline: 'else', idOf })).toMatchObject({
      left: {
        kind: 'input',
        message: 'names else, which has not judged every cell',
        remedy: 'give one of old@1, tongs@1',
      },
    })
    expect(asked).toEqual([])
    expect(done(await go(out, { judges: [judge], headline: 'tongs:DIR', idOf })).headline).toBe('tongs@1')
  })

  it('reads a folder that does not name its judge', async () => {
    const out = judgedFolder(undefined, null)
    const { headline } = done(await go(out, { judges: [counting().judge], headline: 'tongs@1' }))
    expect(headline).toBe('tongs@1')
    expect(Object.keys(storedSamples(out, 'c0')[0]?.verdicts ?? {})).toEqual(['unnamed', 'tongs@1'])
  })

  it('refuses a judge that answers in another order', async () => {
    const { judge } = counting('tongs@1')
    const reversed: Judge = {
      ...judge,
      judge: (items) => judge.judge([...items].reverse()),
    }
    expect(await go(judgedFolder(), { judges: [reversed] })).toMatchObject({
      left: { _tag: 'JudgeFailed', where: 'tongs@1' },
    })
  })
})

const ok = (result: E.Either<Fault, Rescored>): void => void done(result)
