/**
 * When a model process that ended is started again. At once, unless it ended early: the second early end in a row waits 1 s, the
 * third 2 s, then 4 s, ... up to 30 s. Models that never opened and whose settings are wrong are not tried again, and other trouble
 * before the first opening only a few times, so that a server that cannot work says so and ends.
 */
import type { Fault } from '@safe/tensor-core/contracts'

// model ------------------------------------------------------------------------------------------

/** Times in milliseconds. */
export interface RestartPolicy {
  /** A process that ends within this time of opening its models, or before it, ends early. */
  readonly steadyMs: number
  /** The wait after the second early end in a row; each further one doubles it. */
  readonly firstPauseMs: number
  readonly longestPauseMs: number
  /** How often the first opening is tried. */
  readonly firstAttempts: number
}

/** What is remembered of the processes that ended. */
export interface History {
  /** Whether any opened its models. */
  readonly everOpened: boolean
  /** Number of early ends in a row, up to now. */
  readonly early: number
}

/** A process that ended. */
export interface End {
  /** When it had opened its models; null where it had not. Same clock as `at`. */
  readonly openedAt: number | null
  readonly at: number
  readonly fault: Fault
}

export type Decision =
  | { readonly kind: 'restart'; readonly afterMs: number }
  /** It is not tried again. */
  | { readonly kind: 'stop' }

// constructors -----------------------------------------------------------------------------------

export const restartPolicy: RestartPolicy = {
  steadyMs: 60_000,
  firstPauseMs: 1_000,
  longestPauseMs: 30_000,
  firstAttempts: 5,
}

export const noHistory: History = { everOpened: false, early: 0 }

// combinators ------------------------------------------------------------------------------------

export const remember =
  ({ steadyMs }: RestartPolicy) =>
  (history: History, { openedAt, at }: End): History => ({
    everOpened: history.everOpened || openedAt !== null,
    early: openedAt !== null && at - openedAt >= steadyMs ? 0 : history.early + 1,
  })

/** Milliseconds to wait after this number of early ends in a row. */
export const pauseMs = ({ firstPauseMs, longestPauseMs }: RestartPolicy, early: number): number =>
  early < 2 ? 0 : Math.min(longestPauseMs, firstPauseMs * 2 ** (early - 2))

/** What follows an end; `history` includes it. */
export const decide =
  (policy: RestartPolicy) =>
  ({ everOpened, early }: History, { fault }: End): Decision =>
    !everOpened && (fault.kind === 'input' || early >= policy.firstAttempts)
      ? { kind: 'stop' }
      : { kind: 'restart', afterMs: pauseMs(policy, early) }
