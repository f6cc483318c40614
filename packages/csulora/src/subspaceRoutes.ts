/**
 * One module's correction by the route that suits its size: what the cache holds, a filter on the engine for large matrices, or the exact
 * decomposition. A filter's result is used only where the estimate of its error allows it.
 */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { FormatError, Fault } from '@safe/tensor-core/contracts'
import {
  type Decomposition,
  type Filtered,
  type Large,
  type MatrixEngine,
  type Pausable,
  type Subspaces,
  decompositionSteps,
  filterSteps,
  subspacesOf,
  usualDegree,
  withPauses,
} from '@safe/tensor-core/linalg'
import { noCache } from './cache'
import { type Correction, type Factors, chanceError, correctionSteps } from './correction'
import type { Setup } from './setup'

// model ------------------------------------------------------------------------------------------

/** A correction, and the degree of the filter where there was one. */
export interface Routed extends Correction {
  readonly degree?: number
}

/** One module: its name, its update and its displacement. */
interface Subject {
  readonly name: string
  readonly factors: Factors
  readonly v: Large
}

/** The expected error of the update: what is aimed at, and what is accepted. */
const filterErrors = { aim: 0.042, accepted: 0.045 }
/** Degrees from which the first one is chosen, and the highest for a second try. */
const degrees = {
  first: [usualDegree, 90, 100, 110, 120, 135, 150, 165, 180, 200, 220, 240, 260, 290, 320, 360, 400],
  most: 600,
}

// filter -----------------------------------------------------------------------------------------

/** The lowest degree that is expected to reach the aim for an update that is not related to V. */
const degreeFor = ({ rule }: Setup, factors: Factors, at: (degree: number) => Subspaces): number =>
  degrees.first.find((degree) => chanceError(rule, factors, at(degree)) <= filterErrors.aim) ?? usualDegree

/** Corrects with a series of the degree that suits the spectrum, once more with a higher one where this update's error asks for it. */
function* byFilter(
  setup: Setup,
  { name, factors, v }: Subject,
  at: (degree: number) => Subspaces,
): Pausable<Routed | undefined> {
  const degree = degreeFor(setup, factors, at)
  const first = yield* correctionSteps(setup.rule, name, factors, v, at(degree))
  const error = first.report.updateError ?? 0
  if (error <= filterErrors.accepted) return { ...first, degree }
  const higher = Math.ceil(degree * (error / filterErrors.aim) ** 2)
  if (!(higher <= degrees.most)) return undefined
  const second = yield* correctionSteps(setup.rule, name, factors, v, at(higher))
  return (second.report.updateError ?? 0) <= filterErrors.accepted ? { ...second, degree: higher } : undefined
}

const filtered = (
  setup: Setup,
  subject: Subject,
  engine: MatrixEngine,
  known: Filtered | undefined,
): TE.TaskEither<FormatError | Fault<'Interrupted'>, Routed | undefined> =>
  pipe(
    withPauses(setup.signal)(() =>
      filterSteps(
        subject.v,
        engine,
        {
          rank: setup.rank,
          seed: setup.rule.seed,
          columns: subject.factors.B.cols + subject.factors.A.rows,
          ...(known === undefined ? {} : { known }),
        },
        function* (found, at) {
          const routed = yield* byFilter(setup, subject, at)
          return routed === undefined ? undefined : { found, routed }
        },
      ),
    ),
    TE.chainFirstW((done) =>
      done === undefined || known !== undefined
        ? TE.right(undefined)
        : (setup.cache ?? noCache).put(subject.name, setup.rank, done.found),
    ),
    TE.map((done) => done?.routed),
  )

// exact ------------------------------------------------------------------------------------------

const decomposed = ({ rule, rank, cache = noCache, signal }: Setup, { name, v }: Subject) =>
  pipe(
    withPauses(signal)(() => decompositionSteps(v, rank, rule.seed)),
    TE.chainFirstW((made) => cache.put(name, rank, made)),
  )

const corrected = ({ rule, rank, signal }: Setup, { name, factors, v }: Subject, d: Decomposition) =>
  withPauses(signal)(() => correctionSteps(rule, name, factors, v, subspacesOf(v, d, rank)))

// routes -----------------------------------------------------------------------------------------

/** The correction of one module. */
export const routed = (
  setup: Setup,
  subject: Subject,
): TE.TaskEither<FormatError | Fault<'Interrupted'>, Routed> => {
  const { engine, cache = noCache, rank } = setup
  const { v } = subject
  return pipe(
    cache.get(subject.name, v, rank),
    TE.chainW((kept) =>
      kept !== undefined && kept.kind !== 'filter'
        ? corrected(setup, subject, kept)
        : pipe(
            engine?.suits(v.rows, v.cols) === true
              ? filtered(setup, subject, engine, kept)
              : TE.right(undefined),
            TE.chainW((found) =>
              found !== undefined
                ? TE.right(found)
                : pipe(
                    decomposed(setup, subject),
                    TE.chainW((d) => corrected(setup, subject, d)),
                  ),
            ),
          ),
    ),
  )
}
