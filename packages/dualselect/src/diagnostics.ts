/**
 * What a training under the rule did, for reports: how often references were selected and how far consecutive selections agree, how
 * much of the batches was learned from, how often the task gradient pointed against the references, and what it cost. It is read from
 * the notes of the rule's own steps; nothing is decided by it.
 */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type {
  Diagnostics,
  Example,
  Fault,
  GradientOracle,
  RecordDiagnostics,
  RuleNote,
  StepContext,
  TrainingDefence,
  Update,
  UpdateRule,
} from '@safe/tensor-core/contracts'
import type { CountTokens } from './taskFilter'

// model ------------------------------------------------------------------------------------------

/** What has been seen of a training so far. */
export interface Tally {
  /** Selections of references. */
  selections: number
  /** Sum of the overlaps of consecutive selections. */
  overlap: number
  last: ReadonlySet<number> | undefined
  readonly references: Set<number>
  /** Rows and response tokens of the filtered batches, and those of them that were kept. */
  rows: number
  rowsKept: number
  tokens: number
  tokensKept: number
  /** Steps with a task gradient beside a reference gradient, and those where the two point against each other. */
  compared: number
  conflicting: number
  /** Rows passed through the model, and those of them that an undefended step passes as well. */
  passes: number
  ordinary: number
}

/** Nothing seen yet. */
export const freshTally = (): Tally => ({
  selections: 0,
  overlap: 0,
  last: undefined,
  references: new Set(),
  rows: 0,
  rowsKept: 0,
  tokens: 0,
  tokensKept: 0,
  compared: 0,
  conflicting: 0,
  passes: 0,
  ordinary: 0,
})

/** Jaccard: what two sets share, of what either holds; 1 of two empty ones. */
export const jaccard = (a: ReadonlySet<number>, b: ReadonlySet<number>): number => {
  const both = [...a].filter((x) => b.has(x)).length
  const either = a.size + b.size - both
  return either === 0 ? 1 : both / either
}

const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole)

/** The tally as a report shows it; what the options leave unused is left out. */
export const tallied = (tally: Tally, countsTokens: boolean): Diagnostics => ({
  ...(tally.selections === 0
    ? {}
    : {
        selections: tally.selections,
        references: tally.references.size,
        meanOverlap: share(tally.overlap, tally.selections - 1),
        conflictingSteps: share(tally.conflicting, tally.compared),
      }),
  ...(tally.rows === 0 ? {} : { rowsKept: share(tally.rowsKept, tally.rows) }),
  ...(tally.rows === 0 || !countsTokens ? {} : { responseTokensKept: share(tally.tokensKept, tally.tokens) }),
  extraForwardPasses: tally.passes - tally.ordinary,
})

// seeing -----------------------------------------------------------------------------------------

const numbersIn = (note: RuleNote): ReadonlyArray<number> => {
  const indices: unknown = note['indices']
  return Array.isArray(indices) ? indices.filter((i): i is number => typeof i === 'number') : []
}

const sawReferences = (tally: Tally, chosen: ReadonlySet<number>): void => {
  if (tally.last !== undefined) tally.overlap += jaccard(tally.last, chosen)
  tally.selections += 1
  tally.last = chosen
  chosen.forEach((i) => tally.references.add(i))
}

const sawTask = <G>(
  tally: Tally,
  at: StepContext<G>,
  kept: ReadonlySet<number>,
  count: CountTokens | undefined,
): void => {
  const offered = at.batch.flatMap((row, i) =>
    at.weights !== undefined && (at.weights[i] ?? 0) === 0 ? [] : [{ row, at: at.indices[i] ?? i }],
  )
  const taken = offered.filter((o) => kept.has(o.at))
  tally.rows += offered.length
  tally.rowsKept += taken.length
  if (count === undefined) return
  const tokens = (rows: typeof offered): number => rows.reduce((sum, { row }) => sum + count(row), 0)
  tally.tokens += tokens(offered)
  tally.tokensKept += tokens(taken)
}

/** The oracle, each row that goes through it counted. */
const counted = <G>(tally: Tally, oracle: GradientOracle<G>): GradientOracle<G> => {
  const seen = (batch: ReadonlyArray<Example>): void => {
    tally.passes += batch.length
  }
  return {
    ...oracle,
    gradients: (batch, pass) => {
      seen(batch)
      return oracle.gradients(batch, pass)
    },
    mean: (batch, pass, weights) => {
      seen(batch)
      return oracle.mean(batch, pass, weights)
    },
    losses: (batch) => {
      seen(batch)
      return oracle.losses(batch)
    },
    ...(oracle.preservation === undefined ? {} : { preservation: counted(tally, oracle.preservation) }),
  }
}

/** The rule inside, its notes remembered: they are no choices of the rule around it. */
const remembered = <G, R extends Fault>(
  rule: UpdateRule<G, R>,
  notes: WeakSet<RuleNote>,
): UpdateRule<G, R> => ({
  ...rule,
  step: (state, at) =>
    pipe(
      rule.step(state, at),
      TE.tapIO((update) => () => update.notes.forEach((note) => notes.add(note))),
    ),
})

// constructors -----------------------------------------------------------------------------------

/** What is needed to observe a training. */
export interface Observing {
  readonly record: RecordDiagnostics
  /** Without it, kept response tokens are not told. */
  readonly countTokens?: CountTokens
}

/**
 * The defence, its steps seen and recorded.
 *
 * @param make makes it; what it is given takes <gTask, gR> of each step that has both
 */
export const observed = <E extends Fault>(
  make: (onCorrection: (alongReference: number) => void) => TrainingDefence<E>,
  { record, countTokens }: Observing,
): TrainingDefence<E> => {
  const tally = freshTally()
  const defence = make((alongReference) => {
    tally.compared += 1
    if (alongReference < 0) tally.conflicting += 1
  })
  const saw = <G>(
    at: StepContext<G>,
    { notes }: Update<G>,
    inner: WeakSet<RuleNote>,
    shared: boolean,
  ): void => {
    for (const note of notes.filter((n) => !inner.has(n))) {
      const chosen = new Set(numbersIn(note))
      if (note['kind'] === 'reference') sawReferences(tally, chosen)
      if (note['kind'] !== 'task') continue
      sawTask(tally, at, chosen, countTokens)
      // A scoring pass without dropout is the training pass as well; a random choice has none.
      const scores: unknown = note['scores']
      if (shared && Array.isArray(scores) && scores.some((score) => score !== null))
        tally.ordinary += at.batch.length
    }
    record(tallied(tally, countTokens !== undefined))
  }
  return {
    ...defence,
    apply: (rule, oracle) => {
      const inner = new WeakSet<RuleNote>()
      return pipe(
        defence.apply(remembered(rule, inner), counted(tally, oracle)),
        TE.map((made) => ({
          ...made,
          step: (state, at) =>
            pipe(
              made.step(state, at),
              TE.tapIO(
                (update) => () => saw(at, update, inner, oracle.deterministic && at.perExample === undefined),
              ),
            ),
        })),
      )
    },
  }
}
