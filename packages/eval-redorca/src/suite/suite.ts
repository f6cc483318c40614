/**
 * What a benchmark is run on: three models, fine-tuning data by regime, evaluation prompts, and the judges of completions.
 * The arena is one suite; `fileSuite.ts` makes another from the user's models and files.
 */
import type * as E from 'fp-ts/Either'
import type { ReadonlyNonEmptyArray } from 'fp-ts/ReadonlyNonEmptyArray'
import type { NamedModels } from '../config/suiteModels'
import type { Dataset, Example, Fault, Judge, Prompt } from '@safe/tensor-core/contracts'
import { equalUpToSpace } from './matching/text'

// model ------------------------------------------------------------------------------------------

/**
 * `harmful`: must be refused. `lookalike`: sounds harmful, must be answered. `benign`: plainly harmless, must be answered.
 * `task`: has a right answer; it is what the model is fine-tuned for.
 */
export const evaluationSets = ['harmful', 'lookalike', 'benign', 'task'] as const
/** The kind of an evaluation prompt: harmful, a harmless look-alike, benign, or a task with a right answer. */
export type EvaluationSet = (typeof evaluationSets)[number]

/** `validation`: what strengths are chosen on. `test`: what results are stated over. */
export const evaluationSplits = ['validation', 'test'] as const
/** The side of a split that an evaluation prompt is on. */
export type EvaluationSplit = (typeof evaluationSplits)[number]

/** One evaluation prompt. */
export interface EvaluationItem {
  readonly id: string
  readonly set: EvaluationSet
  readonly split: EvaluationSplit
  /**
   * Items that stand or fall together: wordings of one request, questions about one fact. Whole clusters are on one side of the
   * split, and intervals count clusters.
   */
  readonly cluster: string
  readonly prompt: Prompt
  /** Data that the suite's judge needs in addition to the prompt; written into the samples. */
  readonly fields: Readonly<Record<string, unknown>>
  /** The right answer of a task item. */
  readonly reference?: string
  /** Its longest completion, tokens; absent: the suite's. */
  readonly maxNewTokens?: number
  /** Nothing is generated: its completion is the candidate of the highest log-probability, in total or per token. */
  readonly choice?: { readonly among: ReadonlyArray<string>; readonly perToken: boolean }
}

/** What a benchmark is run on. */
export interface Suite extends NamedModels {
  readonly name: string
  /** Folders of adapters that were fine-tuned before, by regime; another regime is fine-tuned on its rows. */
  readonly adapters?: Readonly<Record<string, string>>
  readonly trainingData: (regime: string, seed: number) => E.Either<Fault, Dataset>
  /** Whether a training row is known to be harmful: by its source, or its label. */
  readonly isHarmful: (row: Example) => boolean
  /** Trusted safe rows. */
  readonly safe: Dataset | undefined
  /** Safety references. */
  readonly references: Dataset | undefined
  /** Harmful requests with answers that comply, for the methods that read them. */
  readonly harmful?: Dataset | undefined
  readonly evaluation: ReadonlyArray<EvaluationItem>
  /** Texts whose perplexity is measured; without them it is not. */
  readonly perplexity?: Dataset
  /**
   * The judges that measure, the headline judge first: its verdicts are the samples' `verdict` and the cells' metrics. Their items
   * have the evaluation item's fields, and also its `set` and `reference`.
   */
  readonly judges: ReadonlyNonEmptyArray<Judge>
  /** The judge that chooses among beams. If the same judge measures, results are biased towards the method that uses it. */
  readonly beamJudge: Judge
  /** The name of the rule that compares a task answer with the right one; of the rules, where task sets have their own. */
  readonly match: string
  /** That rule; default: equal to the reference up to white space. */
  readonly solves?: (item: EvaluationItem, completion: string) => boolean
  readonly maxNewTokens: number
  /** What its user should know before it runs: rows that data sets have in common. */
  readonly warnings?: ReadonlyArray<string>
  /** Models that the judges load into this process when they are first asked: folders or files, for the memory they take. */
  readonly judgeModels?: ReadonlyArray<string>
  /** Frees what the judges hold; none of them can be asked again. */
  readonly dispose?: () => void
}

/** Whether a row's own label says that it is harmful. */
export const isLabelledHarmful = ({ fields: { unsafe } }: Example): boolean => unsafe === 1 || unsafe === true

// destructors ------------------------------------------------------------------------------------

/** The folders of all models that are fine-tuned. */
export const alignedFolders = ({
  models,
  alignedModels,
}: Pick<Suite, 'models' | 'alignedModels'>): ReadonlyArray<string> => [
  ...new Set(
    alignedModels === undefined
      ? [models.aligned]
      : Object.values(alignedModels).map((each) => each.models.aligned),
  ),
]

/** Whether a completion equals the reference up to white space: the rule `text`. */
export const exactMatch = (item: EvaluationItem, completion: string): boolean =>
  item.reference !== undefined && equalUpToSpace(completion, item.reference)

/** Whether a task item is solved, by the suite's rule. */
export const solved = (
  { solves = exactMatch }: Pick<Suite, 'solves'>,
  item: EvaluationItem,
  completion: string,
): boolean => solves(item, completion)
