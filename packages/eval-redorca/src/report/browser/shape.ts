/** The page's data from results and samples: each prompt once, with the answers of all cells side by side. */
import { withVerdicts } from '../../results/judged'
import { setOf } from '../../results/comparisons'
import type { Results } from '../../results/results'
import type { Sample } from '../../suite/samples'
import { type JudgeRecord, isUnparseable } from '../../suite/verdicts'
import { mayHarm } from '../redact'
import { runningLine } from '../running'
import { answerState } from './answerState'
import { orderedCells, pageCells } from './cells'
import type { AnswerState, BrowserData, ItemTexts, PageItem } from './data'
import { headlineJudge, pageJudges } from './judges'
import { keyed } from './keys'

// model ------------------------------------------------------------------------------------------

/** What the page is made from. */
export interface BrowserInput {
  readonly results: Results
  readonly samples: ReadonlyMap<string, ReadonlyArray<Sample>>
  /** Whether answers that may do harm are left out. */
  readonly redact: boolean
  /** How many cells there are in all, where the results have only the first of them; default: those of the results. */
  readonly of?: number
}

/** A prompt with its sample in each cell. */
interface Gathered {
  readonly first: Sample
  readonly samples: ReadonlyMap<number, Sample>
}

/** All prompts together at most this long (characters) stand in the index; else the beginning of each. */
const longestPrompts = 2_000_000
const promptBeginning = 500
/** Longest reply of a judge that is shown. */
const longestReply = 300

// parts ------------------------------------------------------------------------------------------

/** Samples of all cells by prompt. The same row twice in a cell is two prompts. */
const gathered = (cells: ReadonlyArray<ReadonlyArray<Sample>>): ReadonlyArray<Gathered> => {
  const items = new Map<string, { readonly first: Sample; readonly samples: Map<number, Sample> }>()
  cells.forEach((samples, cell) => {
    const times = new Map<string, number>()
    for (const sample of samples) {
      const name = JSON.stringify([sample.set, sample.split ?? 'test', sample.id, sample.prompt])
      const time = times.get(name) ?? 0
      times.set(name, time + 1)
      const key = JSON.stringify([name, time])
      const item = items.get(key) ?? { first: sample, samples: new Map<number, Sample>() }
      item.samples.set(cell, sample)
      items.set(key, item)
    }
  })
  return [...items.values()]
}

/** The places of values in a list that has each of them once. */
const interned = <A>(): { readonly all: A[]; readonly place: (value: A) => number } => {
  const all: A[] = []
  const places = new Map<string, number>()
  return {
    all,
    place: (value) => {
      const name = JSON.stringify(value)
      const known = places.get(name)
      if (known !== undefined) return known
      places.set(name, all.length)
      return all.push(value) - 1
    },
  }
}

const rounded = (p: number): number => Math.round(p * 1000) / 1000

const probabilities = (
  judges: ReadonlyArray<JudgeRecord>,
  row: ReadonlyArray<Sample | undefined>,
): Pick<ItemTexts, 'p'> => {
  const p = judges.map(({ id }) =>
    row.map((sample) => {
      const value = sample?.verdicts?.[id]?.pHarmful ?? null
      return value === null ? null : rounded(value)
    }),
  )
  return p.some((list) => list.some((value) => value !== null)) ? { p } : {}
}

/** A reply that gave no verdict says why only itself. */
const replies = (
  judges: ReadonlyArray<JudgeRecord>,
  row: ReadonlyArray<Sample | undefined>,
  isLeftOut: (sample: Sample) => boolean,
): Pick<ItemTexts, 'replies'> => {
  const found = row.flatMap((sample, cell) =>
    judges.flatMap((judge, j) => {
      const said = sample?.verdicts?.[judge.id]
      return sample === undefined ||
        said === undefined ||
        said.raw === '' ||
        isLeftOut(sample) ||
        !isUnparseable(judge, said)
        ? []
        : [[cell, j, said.raw.slice(0, longestReply)] as const]
    }),
  )
  return found.length === 0 ? {} : { replies: found }
}

const textsOf = (
  { first, samples }: Gathered,
  judges: ReadonlyArray<JudgeRecord>,
  look: {
    readonly cells: number
    readonly cut: boolean
    readonly isLeftOut: (sample: Sample) => boolean
  },
): ItemTexts => {
  const row = Array.from({ length: look.cells }, (_, cell) => samples.get(cell))
  // Answers of one length are not one answer, so they are told apart before they are left out.
  const answers = interned<readonly [text: string, leftOut: boolean]>()
  const of = row.map((sample) =>
    sample === undefined ? -1 : answers.place([sample.completion, look.isLeftOut(sample)]),
  )
  return {
    ...(look.cut ? { prompt: first.prompt } : {}),
    ...(first.reference === undefined ? {} : { reference: first.reference }),
    answers: answers.all.map(([text, leftOut]) => (leftOut ? text.length : text)),
    of,
    ...probabilities(judges, row),
    ...replies(judges, row, look.isLeftOut),
  }
}

const sourceOf = (sample: Sample): string | null => {
  const source = setOf(sample)
  return source === sample.set ? null : source
}

const noticeOf = (shown: number, of: number): string =>
  `This page has ${shown} of ${of} cells: more would make a page that no browser opens. All answers are in cells/, and redorca export --format csv writes them as tables`

// constructors -----------------------------------------------------------------------------------

/** The data of the page. Cells without samples are left out. */
export const browserData = ({
  results,
  samples,
  redact,
  of = results.cells.length,
}: BrowserInput): BrowserData => {
  const cells = orderedCells({ cells: results.cells.filter(({ id }) => samples.has(id)) })
  const measuring = results.stamp.judges?.measuring ?? 'unnamed'
  const lists = cells.map(({ id }) => withVerdicts(measuring, samples.get(id) ?? []))
  const judges = pageJudges(results, lists.flat())
  const headline = headlineJudge(results, judges)
  const stateOf = answerState(judges, headline)
  const states = interned<AnswerState>()
  const items = gathered(lists)
  const keys = keyed(items.map(({ first }) => first.id))
  const long = items.reduce((sum, { first }) => sum + first.prompt.length, 0) > longestPrompts
  const isCut = ({ prompt }: Sample): boolean => long && prompt.length > promptBeginning
  const isLeftOut = (sample: Sample): boolean => redact && mayHarm(sample)
  return {
    index: {
      suite: results.suite,
      finished: results.finished,
      ...(results.running === undefined ? {} : { running: runningLine(results.running) }),
      ...(cells.length < of ? { notice: noticeOf(cells.length, of) } : {}),
      answers: lists.reduce((sum, list) => sum + list.length, 0),
      redacted: redact,
      headline: headline === undefined ? null : judges.indexOf(headline),
      cells: pageCells(cells),
      judges: judges.map(({ id, axes }) => ({ id, axes })),
      states: states.all,
      items: items.map(({ first, samples: row }, i): PageItem => {
        const cut = isCut(first)
        return {
          key: keys[i] ?? '',
          id: first.id,
          set: first.set,
          source: sourceOf(first),
          split: first.split ?? 'test',
          cluster: first.cluster ?? null,
          prompt: cut ? first.prompt.slice(0, promptBeginning) : first.prompt,
          cut: cut ? first.prompt.length : null,
          states: cells.map((_, cell) => {
            const sample = row.get(cell)
            return sample === undefined ? -1 : states.place(stateOf(sample))
          }),
        }
      }),
    },
    texts: items.map((item) =>
      textsOf(item, judges, { cells: cells.length, cut: isCut(item.first), isLeftOut }),
    ),
  }
}
