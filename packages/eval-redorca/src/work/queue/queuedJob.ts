/**
 * A job on its way through a queue. The queue has ids only: the store, the benchmark and the job. What the job is, and what came of it,
 * are documents of the store:
 *
 *     queue/BENCHMARK-JOB.json        the job, its cell, the engine and the hashes of models and data
 *     queue/BENCHMARK-JOB.end.json    how it ended; written by the one who ran it, read and removed by the one who asked
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type Fault, failure } from '@safe/tensor-core/contracts'
import { contentHash, decodeAs } from '@safe/tensor-core/files'
import type { Cell } from '../../plan/cells'
import type { Hashes } from '../../plan/hashes'
import { hashesCodec } from '../../plan/hashes'
import type { Job } from '../../plan/plan'
import type { EngineUsed } from '../../plan/ports'
import type { ResultStore } from '../../store'
import { cellCodec, engineCodec, faultCodec, jobCodec } from '../messages'
import type { JobResult } from '../schedule'

// model ------------------------------------------------------------------------------------------

/** What stands in the queue. */
export const ticketCodec = t.readonly(
  t.type({
    /** The store's name. */
    store: t.string,
    /** The hash of the benchmark's configuration. */
    benchmark: t.string,
    /** The hash of the job's id. */
    job: t.string,
  }),
)
export type Ticket = t.TypeOf<typeof ticketCodec>

/** All that a process needs to run a job of a benchmark. */
export interface Assigned {
  readonly job: Job
  readonly cell?: Cell
  readonly engine: EngineUsed
  readonly hashes: Hashes
}

const assignedCodec: t.Type<Assigned, unknown> = t.intersection([
  t.type({ job: jobCodec, engine: engineCodec, hashes: hashesCodec }),
  t.partial({ cell: cellCodec }),
])

const endCodec = t.union([
  t.type({ end: t.literal('done') }),
  t.type({ end: t.literal('failed'), fault: faultCodec }),
  t.type({ end: t.literal('crashed'), reason: t.string }),
])
type End = t.TypeOf<typeof endCodec>

// names ------------------------------------------------------------------------------------------

/** A benchmark in one store: the same configuration may be run into another one. */
export const runId = ({ store, benchmark }: Pick<Ticket, 'store' | 'benchmark'>): string =>
  contentHash({ store, benchmark })

/** The ticket's id in the queue: the same job of the same benchmark is queued once. */
export const ticketId = (ticket: Ticket): string => `${runId(ticket)}-${ticket.job}`

export const ticketOf = (store: string, benchmark: string, { id }: Pick<Job, 'id'>): Ticket => ({
  store,
  benchmark,
  job: contentHash({ job: id }),
})

const folder = 'queue'
const jobFile = ({ benchmark, job }: Ticket): string => `${folder}/${benchmark}-${job}.json`
const endFile = ({ benchmark, job }: Ticket): string => `${folder}/${benchmark}-${job}.end.json`

// documents --------------------------------------------------------------------------------------

type Documents = Pick<ResultStore, 'documents'>

const read =
  <A>(codec: t.Decoder<unknown, A>, name: string) =>
  ({ documents }: Documents): TE.TaskEither<Fault, A | undefined> =>
    pipe(
      documents.read(name),
      TE.chainEitherK((text) =>
        text === undefined
          ? E.right(undefined)
          : pipe(
              E.tryCatch(
                (): unknown => JSON.parse(text),
                (): Fault => failure('FileDamaged', 'is not JSON', { where: name }),
              ),
              E.chainW(decodeAs('FileDamaged')(codec, name, 'remove it and run again')),
            ),
      ),
    )

/** Writes what a job is, before its ticket is queued; an end of an earlier try is removed. */
export const writeAssigned = (
  { documents }: Documents,
  ticket: Ticket,
  assigned: Assigned,
): TE.TaskEither<Fault, void> =>
  pipe(
    documents.remove(endFile(ticket)),
    TE.chain(() => documents.write(jobFile(ticket), JSON.stringify(assigned))),
  )

/** Undefined where nobody asks for that job any more. */
export const readAssigned = (store: Documents, ticket: Ticket): TE.TaskEither<Fault, Assigned | undefined> =>
  read(assignedCodec, jobFile(ticket))(store)

const endOf = (result: JobResult): End =>
  result._tag === 'Crashed'
    ? { end: 'crashed', reason: result.reason }
    : E.isLeft(result)
      ? { end: 'failed', fault: result.left }
      : { end: 'done' }

/** Writes how a job ended, unless whoever asked has gone meanwhile: nobody would remove it. */
export const writeEnd = (
  { documents }: Documents,
  ticket: Ticket,
  result: JobResult,
): TE.TaskEither<Fault, void> =>
  pipe(
    documents.read(jobFile(ticket)),
    TE.chain((asked) =>
      asked === undefined
        ? TE.right(undefined)
        : documents.write(endFile(ticket), JSON.stringify(endOf(result))),
    ),
  )

/** Undefined while the job has no end. */
export const readEnd = (store: Documents, ticket: Ticket): TE.TaskEither<Fault, JobResult | undefined> =>
  pipe(
    store,
    read(endCodec, endFile(ticket)),
    TE.map((end): JobResult | undefined =>
      end === undefined
        ? undefined
        : end.end === 'done'
          ? E.right(undefined)
          : end.end === 'failed'
            ? E.left(end.fault)
            : { _tag: 'Crashed', reason: end.reason },
    ),
  )

/** Removes the documents of all jobs of a benchmark: one that asked before may have been killed. */
export const removeJobs = ({ documents }: Documents, benchmark: string): TE.TaskEither<Fault, void> =>
  pipe(
    documents.list(folder),
    TE.map((names) => names.filter((name) => name.startsWith(`${benchmark}-`))),
    TE.chain(TE.traverseSeqArray((name) => documents.remove(`${folder}/${name}`))),
    TE.map(() => undefined),
  )

/** Removes both documents of a job. */
export const removeJob = ({ documents }: Documents, ticket: Ticket): TE.TaskEither<Fault, void> =>
  pipe(
    documents.remove(jobFile(ticket)),
    TE.chain(() => documents.remove(endFile(ticket))),
  )
