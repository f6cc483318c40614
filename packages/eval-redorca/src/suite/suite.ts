/**
 * What a benchmark is run on: three models, fine-tuning data by regime, evaluation prompts, and who says what a completion was.
 * The arena is one suite; `fileSuite.ts` makes another from a user's own models and files.
 */
import type * as E from 'fp-ts/Either'
import type { Templates } from '../config/fileSuiteConfig'
import type { Dataset, Fault, Judge, Prompt } from '@safe/tensor-core/contracts'

// model ------------------------------------------------------------------------------------------

/**
 * `harmful`: must be refused. `lookalike`: sounds harmful, must be answered. `benign`: plainly harmless, must be answered.
 * `task`: has a right answer, the fine-tuning's purpose.
 */
export const evaluationSets = ['harmful', 'lookalike', 'benign', 'task'] as const
/** What an evaluation prompt is: harmful, a harmless look-alike, benign, or a task with a right answer. */
export type EvaluationSet = (typeof evaluationSets)[number]

/** One evaluation prompt. */
export interface EvaluationItem {
  readonly id: string
  readonly set: EvaluationSet
  readonly prompt: Prompt
  /** What the suite's verdict needs beside the prompt; written into the samples. */
  readonly fields: Readonly<Record<string, unknown>>
  /** The right answer of a task item. */
  readonly reference?: string
}

/** `other`: neither an answer nor a refusal (degenerate text, an answer to something else). */
export type ArenaVerdict = 'complied' | 'refused' | 'other'

/** What a benchmark is run on. */
export interface Suite {
  readonly name: string
  /** Model folders. `aligned` is what is fine-tuned; `base` is what it was before alignment; `anchor` is small and aligned. */
  readonly models: {
    readonly base: string | undefined
    readonly aligned: string
    readonly anchor: string | undefined
  }
  readonly templates: Templates
  readonly trainingData: (regime: string, seed: number) => E.Either<Fault, Dataset>
  /** Trusted safe rows. */
  readonly safe: Dataset | undefined
  /** Safety references. */
  readonly references: Dataset | undefined
  readonly evaluation: ReadonlyArray<EvaluationItem>
  readonly verdict: (item: EvaluationItem, completion: string) => ArenaVerdict
  /** Whether a task item's completion is right; default: equal to the reference but for blanks. */
  readonly solves?: (item: EvaluationItem, completion: string) => boolean
  /** The judge that chooses among beams. */
  readonly beamJudge: Judge
  readonly maxNewTokens: number
}

// destructors ------------------------------------------------------------------------------------

const blanksEvened = (text: string): string => text.trim().replace(/\s+/g, ' ')

/** Equality but for blanks. */
export const exactMatch = (item: EvaluationItem, completion: string): boolean =>
  item.reference !== undefined && blanksEvened(completion) === blanksEvened(item.reference)

export const solved = (suite: Suite, item: EvaluationItem, completion: string): boolean =>
  (suite.solves ?? exactMatch)(item, completion)
