/** Puts the documents of a run, which are written into the local folder, into the store. */
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Fault, causeLine, failure } from '@safe/tensor-core/contracts'
import { type StorePlace, withStore } from './openStore'
import type { ResultStore } from './resultStore'
import { textIn } from './textIn'

/** What a run leaves beside its cells. */
export const runDocuments: ReadonlyArray<string> = [
  ...['config.yaml', 'results.json', 'report.html', 'report.md', 'samples.html'],
]

/** Undefined where there is no such file. */
const localText = (path: string): TE.TaskEither<Fault, string | undefined> =>
  TE.tryCatch(
    () => textIn(path),
    (cause): Fault => failure('StoreFailed', causeLine(cause), { where: path }),
  )

const publishOne = ({ folder, documents }: ResultStore, name: string): TE.TaskEither<Fault, void> =>
  pipe(
    TE.Do,
    TE.bind('text', () => localText(join(folder, name))),
    TE.bind('there', () => documents.read(name)),
    TE.chain(({ text, there }) =>
      text === undefined || text === there ? TE.right(undefined) : documents.write(name, text),
    ),
  )

/** A store that is read where it is, since it is a folder, has what is written into that folder. */
const isFolder = ({ name, folder }: StorePlace): boolean => name === folder

/** Writes those of these files that the local folder has into the store, where the store does not have the same. */
export const publish = (store: ResultStore, names: ReadonlyArray<string>): TE.TaskEither<Fault, void> =>
  isFolder(store)
    ? TE.right(undefined)
    : pipe(
        names,
        TE.traverseSeqArray((name) => publishOne(store, name)),
        TE.map(() => undefined),
      )

/** The same for a store that is not open. */
export const publishAt = (place: StorePlace, names: ReadonlyArray<string>): TE.TaskEither<Fault, void> =>
  isFolder(place) ? TE.right(undefined) : withStore(place, (store) => publish(store, names))
