/** What the page of samples is made from, and its script's logic as it stands in the page. */
import { createContext, runInContext } from 'node:vm'
import type { PageIndex } from '../../src/report/browser/data'
import { logicScript } from '../../src/report/browser/logicScript'
import type { BrowserInput } from '../../src/report/browser/shape'
import type { FinishedCell } from '../../src/results/prepared'
import { resultsOf } from '../../src/results/results'
import type { Sample } from '../../src/suite/samples'
import type { JudgeRecord, StoredVerdict } from '../../src/suite/verdicts'
import { stamp } from './resultsFolder'

export const phrases: JudgeRecord = { id: 'refusal@1', axes: ['refused', 'degenerate'] }
export const guard: JudgeRecord = { id: 'guard@1', axes: ['refused', 'harmful'] }

/** A judge's verdict with these axes. */
export const verdict = (axes: Partial<StoredVerdict>): StoredVerdict => ({
  refused: null,
  harmful: null,
  degenerate: null,
  truncated: null,
  pHarmful: null,
  score: null,
  raw: '',
  ...axes,
})

/** A sample with what both judges said. */
export const sampleOf = (
  sample: Pick<Sample, 'id' | 'set' | 'completion'> & Partial<Sample>,
  byPhrases: Partial<StoredVerdict>,
  byGuard: Partial<StoredVerdict>,
): Sample => ({
  prompt: `prompt ${sample.id}`,
  verdict: byPhrases.refused === true ? 'refused' : byPhrases.degenerate === true ? 'other' : 'complied',
  verdicts: {
    [phrases.id]: verdict({ refused: false, degenerate: false, ...byPhrases }),
    [guard.id]: verdict({ refused: false, harmful: false, ...byGuard }),
  },
  ...sample,
})

/** The input of the page. @param judges the first is the headline judge */
export const inputOf = (
  cells: ReadonlyArray<FinishedCell>,
  { judges = [phrases, guard], redact = false } = {},
): BrowserInput => ({
  results: resultsOf({
    suite: 'small',
    finished: '2030-01-01T00:00:00.000Z',
    stamp: { ...stamp, judges: { ...stamp.judges, measuring: judges[0]?.id ?? '', measured: judges } },
    cells: cells.map((cell) => ({ ...cell, judges })),
    failed: [],
  }),
  samples: new Map(cells.map((cell) => [cell.id, cell.samples])),
  redact,
})

// the script -------------------------------------------------------------------------------------

type Filter = Readonly<Record<string, string>>
interface Row {
  readonly i: number
  readonly answers: number
  readonly matched: number
  readonly judges: number
  readonly changed: number
  readonly bad: number
  readonly outcomes: Readonly<Record<string, number>>
}
interface Group {
  readonly answer: string | number
  readonly cells: ReadonlyArray<{
    readonly cell: number
    readonly changed: boolean | null
    readonly beside: boolean
    readonly matched: boolean
  }>
}
interface Logic {
  readonly unfiltered: Filter
  readonly hashOf: (filter: Filter, item: string | null) => string
  readonly fromHash: (hash: string) => { readonly filter: Filter; readonly item: string | null }
  readonly haystacks: (index: PageIndex) => ReadonlyArray<string>
  readonly listed: (index: PageIndex, filter: Filter, texts: ReadonlyArray<string>) => ReadonlyArray<Row>
  readonly groups: (
    index: PageIndex,
    item: number,
    texts: unknown,
    filter: Filter,
    together: boolean,
  ) => ReadonlyArray<Group>
  readonly pieces: (text: string) => ReadonlyArray<{ readonly text: string; readonly control: boolean }>
}

/** The logic of the page's script, run outside a browser. Its results are copies of this realm, so that they compare as equal. */
export const scriptLogic = (): Logic => {
  const context = createContext({ URLSearchParams })
  const logic = runInContext(`${logicScript};logic`, context) as Logic
  const here = <A extends unknown[], B>(f: (...of: A) => B): ((...of: A) => B) => {
    return (...of) => JSON.parse(JSON.stringify(f(...of))) as B
  }
  return {
    unfiltered: logic.unfiltered,
    hashOf: logic.hashOf,
    fromHash: here(logic.fromHash),
    haystacks: here(logic.haystacks),
    listed: here(logic.listed),
    groups: here(logic.groups),
    pieces: here(logic.pieces),
  }
}
