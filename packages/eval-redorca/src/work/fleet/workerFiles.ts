/** `workers/ID.json`: what each worker does and when it last showed that it lives, for the status of a run and for other processes. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import type { Fault } from '@safe/tensor-core/contracts'
import type { ResultStore } from '../../store'
import { decoded } from './decoded'

// model ------------------------------------------------------------------------------------------

const workerFileCodec = t.readonly(
  t.type({
    id: t.string,
    /** The process that started the worker: `presence.ts`. */
    process: t.string,
    host: t.string,
    pid: t.number,
    /** What it runs; null while it waits. */
    job: t.union([t.string, t.null]),
    /** Whether that evaluates a cell. */
    cell: t.boolean,
    /** When it began with that, and when it last showed that it lives: ISO 8601, by its clock. */
    since: t.string,
    lastSeen: t.string,
    /** What is left of the run as its process sees it, in seconds of one worker. */
    work: t.number,
  }),
)
export type WorkerFile = t.TypeOf<typeof workerFileCodec>

type Documents = Pick<ResultStore, 'documents'>

/** How often a worker shows that it lives, seconds. */
export const beatSeconds = 10

// files ------------------------------------------------------------------------------------------

const folder = 'workers'
const fileOf = (id: string): string => `${folder}/${id}.json`

export const writeWorker = ({ documents }: Documents, file: WorkerFile): TE.TaskEither<Fault, void> =>
  documents.write(fileOf(file.id), `${JSON.stringify(file, null, 2)}\n`)

export const removeWorker = ({ documents }: Documents, id: string): TE.TaskEither<Fault, void> =>
  documents.remove(fileOf(id))

/** All workers that have a file, also those that died. */
export const readWorkers = ({ documents }: Documents): TE.TaskEither<Fault, ReadonlyArray<WorkerFile>> =>
  pipe(
    documents.list(folder),
    TE.map((names) => names.filter((name) => name.endsWith('.json'))),
    TE.chain(TE.traverseSeqArray((name) => documents.read(`${folder}/${name}`))),
    TE.map((texts) => texts.flatMap((text) => decoded(workerFileCodec, text) ?? [])),
  )
