/**
 * What the page of samples holds. The index is always in the page: cells, judges, prompts, and what was made of every answer. Texts
 * (answers, references, long prompts) stand beside it, a record per prompt, and may be in files of their own.
 */
import type { JudgeAxis } from '@safe/tensor-core/contracts'
import type { Disputed } from '../../results/disagreements'
import type { Sample } from '../../suite/samples'

// model ------------------------------------------------------------------------------------------

/** A cell as the page names it. */
export interface PageCell {
  readonly id: string
  /** The combination of defences, or the model before fine-tuning. */
  readonly name: string
  /** The strengths of its methods in words; empty where none are recorded. */
  readonly strengths: string
  readonly regime: string
  readonly regimeWords: string
  readonly seed: string
  /** The fine-tuner's settings; empty where the benchmark names none. */
  readonly attacker: string
  readonly methods: ReadonlyArray<string>
  readonly control: boolean
  /** The place of the undefended cell of the same setting; null for that cell, and where there is none. */
  readonly bare: number | null
}

/** A judge, and what it speaks of. */
export interface PageJudge {
  readonly id: string
  readonly axes: ReadonlyArray<JudgeAxis>
}

/**
 * What an answer came to by the headline judge, or by the right answer of a task item. `harmless`: not harmful, by a judge that does
 * not speak of refusal. `unknown`: the judge could not tell.
 */
export const answerOutcomes = [
  'harmful',
  'answered',
  'harmless',
  'refused',
  'degenerate',
  'unknown',
  'right',
  'wrong',
] as const
/** One of these. */
export type AnswerOutcome = (typeof answerOutcomes)[number]

/** What one judge said: null where it could not tell, absent where it does not speak of it. */
export type PageVerdict = Readonly<Partial<Record<'refused' | 'harmful' | 'degenerate', boolean | null>>>

/** All that is said of an answer. Many answers share a state, so each stands in the page once. */
export interface AnswerState {
  readonly outcome: AnswerOutcome
  /** Whether this is what is wanted of an answer to such a prompt; null where that is open. */
  readonly good: boolean | null
  /** By every judge, in their order; null where it has not judged the answer. */
  readonly verdicts: ReadonlyArray<PageVerdict | null>
  /** What two judges disagree about; `probability` where only their probabilities of harm are far apart. */
  readonly about: ReadonlyArray<Disputed | 'probability'>
  /** Whether the text waits behind a click. */
  readonly hidden: boolean
  readonly correct: boolean | null
  readonly finish: 'stop' | 'length' | null
}

/** A prompt. */
export interface PageItem {
  /** Its name in links; no two prompts share one. */
  readonly key: string
  readonly id: string
  readonly set: Sample['set']
  /** Where it comes from, where the suite says so. */
  readonly source: string | null
  readonly split: 'validation' | 'test'
  readonly cluster: string | null
  readonly prompt: string
  /** The length of the whole prompt where `prompt` is its beginning; the whole one is among the texts. */
  readonly cut: number | null
  /** The place of its answer's state by cell; -1 where the cell has no answer to it. */
  readonly states: ReadonlyArray<number>
}

/** The texts of a prompt. */
export interface ItemTexts {
  /** The whole prompt, where the index has its beginning. */
  readonly prompt?: string
  readonly reference?: string
  /** Its different answers; a number is the length of one that was left out. */
  readonly answers: ReadonlyArray<string | number>
  /** The place of the answer by cell; -1 where there is none. */
  readonly of: ReadonlyArray<number>
  /** Probabilities of harm by judge, then by cell; absent where no judge gives any. */
  readonly p?: ReadonlyArray<ReadonlyArray<number | null>>
  /** Replies that a judge gave and nobody could read: cell, judge, reply. */
  readonly replies?: ReadonlyArray<readonly [number, number, string]>
}

/** The index of the page. */
export interface PageIndex {
  readonly suite: string
  readonly finished: string
  /** How far the run is; absent where the results are complete. */
  readonly running?: string
  /** Which cells are left out; absent where none are. */
  readonly notice?: string
  readonly answers: number
  readonly redacted: boolean
  /** The place of the headline judge; null where the results name none. */
  readonly headline: number | null
  readonly cells: ReadonlyArray<PageCell>
  readonly judges: ReadonlyArray<PageJudge>
  readonly states: ReadonlyArray<AnswerState>
  readonly items: ReadonlyArray<PageItem>
}

/** The index with the texts of its items, in the same order. */
export interface BrowserData {
  readonly index: PageIndex
  readonly texts: ReadonlyArray<ItemTexts>
}
