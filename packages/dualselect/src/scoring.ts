/**
 * Scores without training: gT is the mean gradient over the whole task file, references are scored and selected against it,
 * then the task file's batches against gR. What training would choose at its first refresh, laid open row by row.
 */
import * as RA from 'fp-ts/ReadonlyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Example, type GradientOracle, type LmError, badInput } from '@safe/tensor-core/contracts'
import { checked } from '@safe/tensor-core/options'
import { type DualSelectOptions, budgeted, dualSelectOptions } from './options'
import { type PoolOptions, measurePool, weightedGradient } from './pool'
import { selectReferences, unscoredReferences } from './references'
import { type Measures, referenceScores, taskScores } from './score'
import { type Selection, equalWeights } from './selection'
import { type CountTokens, selectAtRandom, selectByScore } from './taskFilter'

// model ------------------------------------------------------------------------------------------

/** A row of the task or of the references, with its measures and whether it would be selected. */
export interface ScoreRow {
  readonly kind: 'reference' | 'task'
  /** Which mini-batch of the task file, from 0. */
  readonly batch?: number
  /** The row in its file. */
  readonly index: number
  readonly id: string
  readonly loss: number
  readonly cosine: number
  readonly score: number
  /** 0 where not selected; the selected rows of the pool, or of a batch, sum to 1. */
  readonly weight: number
  readonly selected: boolean
}

/** Rows with the numbers they have in their file. */
export interface NumberedRows {
  readonly examples: ReadonlyArray<Example>
  readonly numbers: ReadonlyArray<number>
}

/** What rows are scored with, without training. */
export interface ScoringResources<G> {
  readonly oracle: GradientOracle<G>
  readonly task: NumberedRows
  readonly references: NumberedRows
  readonly batchSize: number
  readonly seed: number
  /** Needed for a token budget. */
  readonly countTokens: CountTokens
  /** Called after each batch with the number of its rows. */
  readonly onProgress?: (rows: number) => void
  readonly signal?: AbortSignal
}

/** Rows that `onProgress` will have counted at the end, gradients of selected references aside. */
export const scoringWork = (task: NumberedRows, references: NumberedRows): number =>
  2 * task.examples.length + references.examples.length

// rows -------------------------------------------------------------------------------------------

interface Scored {
  readonly kind: ScoreRow['kind']
  readonly measures: Measures
  readonly scores: ReadonlyArray<number>
  readonly selection: Selection
  readonly batch?: number
}

const scoreRows = (
  { examples, numbers }: NumberedRows,
  { kind, measures, scores, selection: { indices, weights }, batch }: Scored,
): ReadonlyArray<ScoreRow> => {
  const weightOf = new Map(indices.map((i, rank) => [i, weights[rank] ?? 0]))
  return examples.map((e, i) => ({
    kind,
    ...(batch === undefined ? {} : { batch }),
    index: numbers[i] ?? i,
    id: e.id,
    loss: measures.losses[i] ?? Number.NaN,
    cosine: measures.cosines[i] ?? Number.NaN,
    score: scores[i] ?? Number.NaN,
    weight: weightOf.get(i) ?? 0,
    selected: weightOf.has(i),
  }))
}

// scoring ----------------------------------------------------------------------------------------

const freeing =
  <G>(free: (g: G) => void) =>
  (g: G): TE.TaskEither<LmError, void> =>
    TE.fromIO(() => {
      free(g)
    })

/** A selection by anything but score is made with this step number. */
const firstStep = 0

const scored = <G>(
  o: DualSelectOptions,
  { oracle, task, references, batchSize, seed, countTokens, onProgress, signal }: ScoringResources<G>,
): TE.TaskEither<LmError, ReadonlyArray<ScoreRow>> => {
  const free = freeing(oracle.space.free)
  const all = task.examples.map((_, i) => i)
  const stopping = signal === undefined ? {} : { signal }
  const run = (): PoolOptions => {
    const seen = { done: 0 }
    return {
      batchSize,
      ...stopping,
      onProgress: (done) => {
        onProgress?.(done - seen.done)
        seen.done = done
      },
    }
  }

  const taskBatch = (reference: G, rows: ReadonlyArray<number>, batch: number) =>
    pipe(
      measurePool(
        oracle,
        rows.flatMap((i) => task.examples[i] ?? []),
        reference,
        run(),
      ),
      TE.map((measures) => {
        const part: NumberedRows = {
          examples: rows.flatMap((i) => task.examples[i] ?? []),
          numbers: rows.map((i) => task.numbers[i] ?? i),
        }
        const scores = taskScores(o)(measures)
        const filter = { options: o, countTokens }
        const selection =
          o.taskFilter === 'scored'
            ? selectByScore(filter, part.examples, scores)
            : o.taskFilter === 'random'
              ? selectAtRandom(filter, part.examples, { seed, step: batch, rows: part.numbers })
              : equalWeights(rows.map((_, i) => i))
        return scoreRows(part, { kind: 'task', measures, scores, selection, batch })
      }),
    )

  return TE.bracket(
    weightedGradient(oracle, task.examples, equalWeights(all), run()),
    (direction) =>
      pipe(
        measurePool(oracle, references.examples, direction, run()),
        TE.chain((measures) => {
          const scores = referenceScores(o)(measures)
          const selection =
            unscoredReferences(o, references.examples.length, seed, firstStep) ?? selectReferences(o)(scores)
          const first = scoreRows(references, { kind: 'reference', measures, scores, selection })
          return TE.bracket(
            weightedGradient(oracle, references.examples, selection, { batchSize, ...stopping }),
            (reference) =>
              pipe(
                RA.chunksOf(batchSize)(all),
                TE.traverseSeqArrayWithIndex((batch, rows) => taskBatch(reference, rows, batch)),
                TE.map((batches) => [...first, ...batches.flat()]),
              ),
            free,
          )
        }),
      ),
    free,
  )
}

/**
 * One round of both selections at the present parameters: the mean task gradient selects references, their gradient
 * selects in each mini-batch of the task. Nothing is trained.
 */
export const scoreSelections = <G>(
  options: Partial<DualSelectOptions>,
  resources: ScoringResources<G>,
): TE.TaskEither<LmError, ReadonlyArray<ScoreRow>> =>
  pipe(
    TE.fromEither(checked(dualSelectOptions, options)),
    TE.map(budgeted),
    TE.filterOrElseW(
      ({ referenceLoss }) => referenceLoss !== 'kl',
      (): LmError =>
        badInput('BadOption', 'kl is zero for every reference before training', {
          field: 'referenceLoss',
          remedy: 'score with nll',
        }),
    ),
    TE.chain((o) => scored(o, resources)),
  )
