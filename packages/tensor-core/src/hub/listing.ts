/** What the hub says of a repository: the commit of a revision, and the files of a commit with sizes and hashes. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { datasetInfo, listFiles, modelInfo } from '@huggingface/hub'
import type { HubError } from '../contracts'
import { type ListedFile, broken, checked } from './listedFile'
import { isCommit, shownRepository } from './reference'
import { type Hub, Declined, attemptHub, libraryFetch } from './request'

// model ------------------------------------------------------------------------------------------

const Entry = t.intersection([
  t.type({ type: t.string, path: t.string }),
  t.partial({ size: t.number, oid: t.string, lfs: t.type({ oid: t.string, size: t.number }) }),
])
type Entry = t.TypeOf<typeof Entry>

const maxEntries = 100_000

// decoding ---------------------------------------------------------------------------------------

const listedFile = ({ path, size = -1, oid = '', lfs }: Entry): ListedFile =>
  lfs === undefined
    ? { path, size, algorithm: 'git-sha1', hash: oid }
    : { path, size: lfs.size, algorithm: 'sha256', hash: lfs.oid.replace(/^sha256:/, '') }

const listOf = (
  where: string,
  entries: ReadonlyArray<unknown>,
): E.Either<HubError, ReadonlyArray<ListedFile>> =>
  pipe(
    entries,
    E.traverseArray((entry) =>
      pipe(
        Entry.decode(entry),
        E.mapLeft(() => broken(where, 'has a list of files that cannot be read')),
      ),
    ),
    E.map((all) => all.filter(({ type }) => type === 'file').map(listedFile)),
    E.chain(E.traverseArray((file) => checked(where, file))),
  )

// asking -----------------------------------------------------------------------------------------

const Info = t.type({ sha: t.string })

/** The commit that the repository's revision is now. */
export const commitOf = (hub: Hub): TE.TaskEither<HubError, string> => {
  const { name, kind, revision } = hub.repository
  const query = { name, revision, hubUrl: hub.settings.endpoint, fetch: libraryFetch(hub) }
  return isCommit(revision)
    ? TE.right(revision)
    : pipe(
        attemptHub(hub, (): Promise<unknown> =>
          kind === 'model'
            ? modelInfo({ ...query, additionalFields: ['sha'] })
            : datasetInfo({ ...query, additionalFields: ['sha'] }),
        ),
        TE.chainEitherK((info) =>
          pipe(
            Info.decode(info),
            E.map(({ sha }) => sha),
            E.filterOrElseW(isCommit, () => undefined),
            E.mapLeft(() => broken(shownRepository(hub.repository), 'has no commit hash')),
          ),
        ),
      )
}

/** The files of a commit. */
export const listedFiles = (hub: Hub, commit: string): TE.TaskEither<HubError, ReadonlyArray<ListedFile>> => {
  const { name, kind } = hub.repository
  const where = shownRepository(hub.repository)
  return pipe(
    attemptHub(hub, async () => {
      const entries: Array<unknown> = []
      for await (const entry of listFiles({
        repo: { type: kind, name },
        revision: commit,
        recursive: true,
        hubUrl: hub.settings.endpoint,
        fetch: libraryFetch(hub),
      })) {
        entries.push(entry)
        if (entries.length > maxEntries)
          throw new Declined(broken(where, `has more than ${maxEntries} files`))
      }
      return entries
    }),
    TE.chainEitherK((entries) => listOf(where, entries)),
  )
}
