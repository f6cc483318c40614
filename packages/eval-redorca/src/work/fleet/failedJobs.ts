/**
 * What failed, as other processes and the status of a run see it: `failed/job-HASH.json` counts the attempts at a job, and
 * `failed/CELL.json` tells of a cell that has no result because of it. A job is tried at most twice in all; what fails for bad input is
 * not tried again.
 */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type Fault, failure } from '@safe/tensor-core/contracts'
import { contentHash } from '@safe/tensor-core/files'
import { type Factors, factorsCodec } from '../../plan/factors'
import type { Job } from '../../plan/plan'
import type { ResultStore } from '../../store'
import type { FailedJob } from '../schedule'
import { decoded } from './decoded'

// model ------------------------------------------------------------------------------------------

const attemptsCodec = t.readonly(
  t.intersection([
    t.type({
      job: t.string,
      attempts: t.number,
      message: t.string,
      /** Whether it is tried again. */
      over: t.boolean,
      /** The process, and when: ISO 8601, by its clock. */
      by: t.string,
      at: t.string,
    }),
    t.partial({ tag: t.string, where: t.string, remedy: t.string }),
  ]),
)
/** The attempts at a job that failed. */
export type Attempts = t.TypeOf<typeof attemptsCodec>

const failedCellCodec = t.readonly(
  t.type({
    cell: t.string,
    factors: factorsCodec,
    message: t.string,
    job: t.string,
    attempts: t.number,
    by: t.string,
    at: t.string,
  }),
)
/** A cell without a result, and why. */
export type FailedCellFile = t.TypeOf<typeof failedCellCodec>

type Documents = Pick<ResultStore, 'documents'>

/** How often a job is tried in all. */
const mostAttempts = 2

// names ------------------------------------------------------------------------------------------

const folder = 'failed'
export const jobHash = ({ id }: Pick<Job, 'id'>): string => contentHash({ job: id })
const jobFile = (job: Pick<Job, 'id'>): string => `${folder}/job-${jobHash(job)}.json`
const cellFile = (id: string): string => `${folder}/${id}.json`
const cellOf = (name: string): string | undefined =>
  name.startsWith('job-') || !name.endsWith('.json') ? undefined : name.slice(0, -'.json'.length)

// attempts ---------------------------------------------------------------------------------------

export const readAttempts = (
  { documents }: Documents,
  job: Pick<Job, 'id'>,
): TE.TaskEither<Fault, Attempts | undefined> =>
  pipe(
    documents.read(jobFile(job)),
    TE.map((text) => decoded(attemptsCodec, text)),
  )

/** One attempt more. A worker process that died twice has used both. */
export const nextAttempts = (
  before: Attempts | undefined,
  job: Pick<Job, 'id'>,
  fault: Fault,
  by: string,
): Attempts => {
  const attempts = (before?.attempts ?? 0) + (fault._tag === 'WorkerCrashed' ? mostAttempts : 1)
  return {
    job: job.id,
    attempts,
    message: fault.message,
    over: attempts >= mostAttempts || fault.kind === 'input',
    by,
    at: new Date().toISOString(),
    tag: fault._tag,
    ...(fault.where === undefined ? {} : { where: fault.where }),
    ...(fault.remedy === undefined ? {} : { remedy: fault.remedy }),
  }
}

export const writeAttempts = ({ documents }: Documents, attempts: Attempts): TE.TaskEither<Fault, void> =>
  documents.write(jobFile({ id: attempts.job }), `${JSON.stringify(attempts, null, 2)}\n`)

export const removeAttempts = ({ documents }: Documents, job: Pick<Job, 'id'>): TE.TaskEither<Fault, void> =>
  documents.remove(jobFile(job))

/** The fault that ended those attempts. */
export const faultOf = ({ tag = 'JobFailed', message, where, remedy }: Attempts): Fault =>
  failure(tag, message, {
    ...(where === undefined ? {} : { where }),
    ...(remedy === undefined ? {} : { remedy }),
  })

// cells ------------------------------------------------------------------------------------------

export const writeFailedCell = (
  { documents }: Documents,
  cell: { readonly id: string; readonly factors: Factors },
  { message, job, attempts, by, at }: Attempts,
): TE.TaskEither<Fault, void> => {
  const file: FailedCellFile = { cell: cell.id, factors: cell.factors, message, job, attempts, by, at }
  return documents.write(cellFile(cell.id), `${JSON.stringify(file, null, 2)}\n`)
}

/** Tells of the cells that have failed in a run of its own, which tries each once. */
export const tellFailed = (
  store: Documents,
  failed: ReadonlyArray<FailedJob>,
  by: string,
): TE.TaskEither<Fault, void> =>
  pipe(
    failed.filter(({ job }) => job.kind === 'cell'),
    TE.traverseSeqArray(({ job, fault }) =>
      writeFailedCell(
        store,
        { id: job.id.slice('cell|'.length), factors: job.factors },
        nextAttempts(undefined, job, fault, by),
      ),
    ),
    TE.map(() => undefined),
  )

export const removeFailedCell = ({ documents }: Documents, id: string): TE.TaskEither<Fault, void> =>
  documents.remove(cellFile(id))

/** The ids of the cells that failed. */
export const failedIds = ({ documents }: Documents): TE.TaskEither<Fault, ReadonlySet<string>> =>
  pipe(
    documents.list(folder),
    TE.map((names) => new Set(names.flatMap((name) => cellOf(name) ?? []))),
  )

/** What is told of these failed cells. */
export const readFailedCells = (
  { documents }: Documents,
  ids: ReadonlyArray<string>,
): TE.TaskEither<Fault, ReadonlyArray<FailedCellFile>> =>
  pipe(
    ids,
    TE.traverseSeqArray((id) => documents.read(cellFile(id))),
    TE.map((texts) => texts.flatMap((text) => decoded(failedCellCodec, text) ?? [])),
  )

/** Forgets what failed, so that it is tried again. */
export const clearFailed = ({ documents }: Documents): TE.TaskEither<Fault, void> =>
  pipe(
    documents.list(folder),
    TE.chain(TE.traverseSeqArray((name) => documents.remove(`${folder}/${name}`))),
    TE.map(() => undefined),
  )
