/**
 * Where a benchmark's results are kept, as one port. A store is laid out as a results folder: idempotent pieces, each named by the
 * hash of everything that determines it, and a few small documents. So the store is the truth, and whoever runs a job only has to find
 * out whether its result is there.
 *
 * Everything that reads results reads `folder`: a folder store's own, or this machine's copy of a remote store.
 */
import type * as E from 'fp-ts/Either'
import type * as T from 'fp-ts/Task'
import type * as TE from 'fp-ts/TaskEither'
import type { Fault } from '@safe/tensor-core/contracts'

// model ------------------------------------------------------------------------------------------

/** `cells`: evaluated cells. `work`: the steps they are made from. */
export type PieceKind = 'cells' | 'work'

/** A piece's place in the store: a folder of files. */
export type Piece = `${PieceKind}/${string}`

/** Who holds a lease, for messages and the status of a run. */
export interface Holder {
  readonly host: string
  readonly pid: number
  /** When it was taken: ISO 8601, by the holder's clock. */
  readonly since: string
  /** Whether it is known from here to run; where it is not known, only the end of its lease says that it does not. */
  readonly runs: boolean
}

/**
 * The right to do a piece of work. It is renewed until it is released, from a thread, so that a blocked event loop does not lose it.
 * A lease that is not renewed for `leaseSeconds` may be taken by another process. Two processes may then do the same work for a while;
 * what they write is the same.
 */
export interface Lease {
  /** Gives it back; a lease that another process has taken meanwhile is left alone. */
  readonly release: T.Task<void>
}

/** Small texts beside the pieces, such as `config.yaml`, by their path in the store. */
export interface Documents {
  /** Undefined where there is none. */
  readonly read: (name: string) => TE.TaskEither<Fault, string | undefined>
  /** Writes it whole; an existing one is replaced in one step. */
  readonly write: (name: string, text: string) => TE.TaskEither<Fault, void>
  /** Writes it where there is none. @returns false where there is one, which is left as it is */
  readonly writeNew: (name: string, text: string) => TE.TaskEither<Fault, boolean>
  readonly remove: (name: string) => TE.TaskEither<Fault, void>
  /** The names of the documents in a folder of the store, without the folder; empty where there is no such folder. */
  readonly list: (folder: string) => TE.TaskEither<Fault, ReadonlyArray<string>>
}

/**
 * Errors of every operation: `StoreFailed`, `StoreRefused` where a server refuses these credentials or this bucket, or `WriteFailed` where
 * this machine's folder cannot be written.
 */
export interface ResultStore {
  /** As people name it: a path or a URL. */
  readonly name: string
  readonly folder: string
  /** Ids of the pieces of a kind that are whole. */
  readonly list: (kind: PieceKind) => TE.TaskEither<Fault, ReadonlyArray<string>>
  /** Brings a piece into `folder`, where it is not there yet. @returns false where the store has no such piece */
  readonly get: (piece: Piece) => TE.TaskEither<Fault, boolean>
  /**
   * Puts a piece whole, or not at all: `fill` writes its files into a temporary folder. A piece that is there already is left as it is,
   * since two of the same name are equal.
   */
  readonly put: (
    piece: Piece,
    fill: (folder: string) => TE.TaskEither<Fault, void>,
  ) => TE.TaskEither<Fault, void>
  readonly documents: Documents
  /** Tries to take a lease, once. @returns left: who holds it; where that is not known yet, its name is empty */
  readonly lease: (name: string) => TE.TaskEither<Fault, E.Either<Holder, Lease>>
  /** Removes what dead processes left: temporary files of pieces that nobody works on, and leases that nobody can renew. */
  readonly sweep: TE.TaskEither<Fault, void>
  /** Stops renewing; to be called when no lease is held. */
  readonly close: T.Task<void>
}

// constants --------------------------------------------------------------------------------------

/** A test of several processes shortens leases by this variable, which all of them inherit: seconds. */
const shortened = Number(process.env['REDORCA_LEASE_SECONDS'] ?? Number.NaN)

/** A lease that was not renewed for so long may be taken by another process. */
export const leaseSeconds = shortened > 0 ? shortened : 45
/** How often a lease is renewed. */
export const renewSeconds = leaseSeconds / 5
