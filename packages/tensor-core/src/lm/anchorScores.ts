/**
 * Gradient matching with bidirectional anchoring ("What is in Your Safe Data?", arXiv 2404.01099): how much fine-tuning on a row moves a
 * model where harmful rows do, and not where safe ones do.
 *
 *   a = 1/n sum_k g_k / ||g_k||         over n anchor rows, g_k the gradient of the loss on the first 10 tokens of the response
 *   score_i = cos(g_i, a_harmful) - cos(g_i, a_safe1) - cos(g_i, a_safe2)                    g_i: of the whole response
 *
 * A filter drops the rows with the highest scores; an attacker fine-tunes on them alone.
 */
import * as E from 'fp-ts/Either'
import * as RA from 'fp-ts/ReadonlyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Dataset,
  type Example,
  type Fault,
  type GradientOracle,
  type InputError,
  type LmError,
  type OpenGradients,
  badInput,
} from '../contracts'

// model ------------------------------------------------------------------------------------------

/** The rows of the three anchors. */
export interface Anchors<A = ReadonlyArray<Example>> {
  readonly harmful: A
  readonly safe1: A
  readonly safe2: A
}

/** The paper's sizes (section 3): rows of an anchor, and the tokens of their responses whose loss is taken. */
export const anchorDefaults = { anchors: 10, tokens: 10 } as const

// anchors ----------------------------------------------------------------------------------------

const firstRows = (
  { examples }: Dataset,
  wanted: number,
  where: string,
): E.Either<InputError, ReadonlyArray<Example>> =>
  examples.length >= wanted
    ? E.right(examples.slice(0, wanted))
    : E.left(
        badInput('EmptyData', `has ${examples.length} rows, but ${wanted} are needed as anchors`, {
          where,
          remedy: 'give more rows',
        }),
      )

/**
 * The rows of the anchors: the first of `harmful`, and the first and the next of `references`.
 *
 * @returns left `EmptyData`: too few rows
 */
export const anchorRows = (
  { harmful, references }: { readonly harmful: Dataset; readonly references: Dataset },
  anchors: number,
): E.Either<InputError, Anchors> =>
  pipe(
    E.Do,
    E.bind('harmful', () => firstRows(harmful, anchors, 'harmful')),
    E.bind('safe', () => firstRows(references, 2 * anchors, 'references')),
    E.map(({ harmful: bad, safe }) => ({
      harmful: bad,
      safe1: safe.slice(0, anchors),
      safe2: safe.slice(anchors),
    })),
  )

/** Passes of about an optimizer step that scores of so many rows take: their gradients in batches, and one for each anchor row. */
export const anchorPasses = (rows: number, batchSize: number, anchors: number): number =>
  Math.ceil(rows / Math.max(1, batchSize)) + 3 * anchors

// directions -------------------------------------------------------------------------------------

const deterministic = { kind: 'deterministic' } as const

/** total + g / ||g||, of one row's gradient; both given vectors are freed. A gradient of zero adds nothing. */
const withUnit = <G>({ space }: GradientOracle<G>, total: G, gradient: G): G => {
  const norm = Math.sqrt(space.dot(gradient, gradient))
  const unit = space.scale(norm === 0 ? 0 : 1 / norm, gradient)
  const sum = space.add(total, unit)
  ;[total, gradient, unit].forEach(space.free)
  return sum
}

/** n a, which has the direction of a. The caller frees it. */
const direction = <G>(oracle: GradientOracle<G>, rows: ReadonlyArray<Example>): TE.TaskEither<LmError, G> =>
  rows.reduce(
    (sum: TE.TaskEither<LmError, G>, row) =>
      pipe(
        sum,
        TE.chain((total) =>
          pipe(
            oracle.mean([row], deterministic),
            TE.tapError(() => TE.fromIO(() => oracle.space.free(total))),
            TE.map(({ gradient }) => withUnit(oracle, total, gradient)),
          ),
        ),
      ),
    TE.fromIO(oracle.space.zero),
  )

/** Opens the directions of the anchors, and frees them. */
const withDirections = <G, A>(
  oracle: GradientOracle<G>,
  { harmful, safe1, safe2 }: Anchors,
  use: (directions: Anchors<G>) => TE.TaskEither<Fault, A>,
): TE.TaskEither<Fault, A> => {
  const open = (rows: ReadonlyArray<Example>, inside: (g: G) => TE.TaskEither<Fault, A>) =>
    TE.bracket<Fault, G, A>(direction(oracle, rows), inside, (g) => TE.fromIO(() => oracle.space.free(g)))
  return open(harmful, (h) => open(safe1, (s) => open(safe2, (t) => use({ harmful: h, safe1: s, safe2: t }))))
}

// scores -----------------------------------------------------------------------------------------

const batchScores = <G>(
  oracle: GradientOracle<G>,
  directions: Anchors<G>,
  batch: ReadonlyArray<Example>,
): TE.TaskEither<LmError, ReadonlyArray<number>> =>
  TE.bracket(
    oracle.gradients(batch, deterministic),
    (gradients) =>
      TE.fromIO(() => {
        const harmful = gradients.cosines(directions.harmful)
        const safe1 = gradients.cosines(directions.safe1)
        const safe2 = gradients.cosines(directions.safe2)
        return batch.map((_, i) => (harmful[i] ?? 0) - (safe1[i] ?? 0) - (safe2[i] ?? 0))
      }),
    (gradients) => TE.fromIO(gradients.dispose),
  )

/**
 * The score of each row that has a response token, by its number in the data, from -3 to 3. Gradients are those of the opened adapter's
 * factors.
 *
 * @returns left `BadRow` for an anchor row without a response token
 */
export const anchorScores =
  ({ anchors, tokens }: { readonly anchors: Anchors; readonly tokens: number }) =>
  <G>({
    oracle,
    rows,
    batchSize,
    opening,
  }: OpenGradients<G>): TE.TaskEither<Fault, ReadonlyMap<number, number>> =>
    pipe(
      E.Do,
      E.bind('harmful', () => E.traverseArray((row: Example) => opening(row, tokens))(anchors.harmful)),
      E.bind('safe1', () => E.traverseArray((row: Example) => opening(row, tokens))(anchors.safe1)),
      E.bind('safe2', () => E.traverseArray((row: Example) => opening(row, tokens))(anchors.safe2)),
      TE.fromEither,
      TE.chainW((openings) =>
        withDirections(oracle, openings, (directions) =>
          pipe(
            RA.chunksOf(batchSize)(rows),
            TE.traverseSeqArray((batch) =>
              batchScores(
                oracle,
                directions,
                batch.map(({ example }) => example),
              ),
            ),
            TE.map((scores) => new Map(scores.flat().map((score, i) => [rows[i]?.number ?? -1, score]))),
          ),
        ),
      ),
    )

/** The numbers of so many rows with the highest scores, the highest first; of equal ones, the earlier. */
export const highestRows = (scores: ReadonlyMap<number, number>, count: number): ReadonlyArray<number> =>
  [...scores]
    .sort(([i, a], [j, b]) => b - a || i - j)
    .slice(0, count)
    .map(([row]) => row)
