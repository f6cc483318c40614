/** Anchors' directions, and the scores of rows against them (arXiv 2404.01099; formula: gradientAnchor.ts). */
import * as E from 'fp-ts/Either'
import * as RA from 'fp-ts/ReadonlyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Example, Fault, GradientOracle, LmError, OpenGradients } from '@safe/tensor-core/contracts'

// model ------------------------------------------------------------------------------------------

/** The rows of the three anchors. */
export interface Anchors<A = ReadonlyArray<Example>> {
  readonly harmful: A
  readonly safe1: A
  readonly safe2: A
}

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

/** The score of each row that has a response token, by its number in the data. */
export const scoresOf =
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
