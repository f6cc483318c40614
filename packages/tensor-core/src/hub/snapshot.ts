/** A folder in the cache with the files that are needed of a repository. */
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type FormatError, type HubError, badInput } from '../contracts'
import { decodeAs } from '../files/decode'
import { damaged, readJson } from '../files/input'
import { cachedCommit, filesOnDisk, keepCommit, repositoryFolder, snapshotFolder } from './cache'
import type { Selection } from './fileNames'
import { filesOf, forgetList, keptList } from './keptList'
import type { ListedFile } from './listedFile'
import { commitOf } from './listing'
import { type Repository, shownRepository } from './reference'
import { type Hub, attemptHub } from './request'
import { hubSettings } from './settings'
import { type ReportTransfer, type Snapshot, fetchFile, offlineMiss } from './transfer'

// model ------------------------------------------------------------------------------------------

/** How the hub is used. */
export interface HubUse {
  /** Variables; by default those of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Stops a download; a later one continues it. */
  readonly signal?: AbortSignal
  /** Reports each download; by default nothing is reported. */
  readonly progress?: ReportTransfer
}

const ShardIndex = t.type({ weight_map: t.record(t.string, t.string) }, 'a shard index')

// parts ------------------------------------------------------------------------------------------

/** The commit and its files: from the hub, or offline from what the cache knows. */
const listed = (
  hub: Hub,
  folder: string,
): TE.TaskEither<HubError, { readonly commit: string; readonly files: ReadonlyArray<ListedFile> }> =>
  hub.settings.offline
    ? pipe(
        cachedCommit(folder, hub.repository.revision),
        TE.chainEitherK(E.fromNullable(offlineMiss(hub, `revision ${hub.repository.revision}`))),
        TE.bindTo('commit'),
        TE.bind('files', ({ commit }) =>
          pipe(
            keptList(folder, commit),
            TE.chain((kept) =>
              kept === undefined ? attemptHub(hub, () => filesOnDisk(folder, commit)) : TE.right(kept),
            ),
          ),
        ),
      )
    : pipe(
        commitOf(hub),
        TE.bindTo('commit'),
        TE.bind('files', ({ commit }) => filesOf(hub, folder, commit)),
      )

/** The listed files of these names. @returns left: nothing is selected, or a name that the repository does not have */
const named = (
  hub: Hub,
  files: ReadonlyArray<ListedFile>,
  names: ReadonlyArray<string>,
  absent: string,
): E.Either<HubError, ReadonlyArray<ListedFile>> => {
  const byName = new Map(files.map((file) => [file.path, file]))
  const missing = names.find((name) => !byName.has(name))
  if (names.length > 0 && missing === undefined)
    return E.right(names.flatMap((name) => byName.get(name) ?? []))
  const what = missing === undefined ? absent : `no file ${JSON.stringify(missing)}`
  return E.left(
    hub.settings.offline
      ? offlineMiss(hub, what.replace(/^no |^none of /, ''))
      : badInput('HubMissing', `has ${what}`, {
          where: shownRepository(hub.repository),
          remedy: 'check the name and the revision',
        }),
  )
}

/** The shards that a fetched index names; each must be a listed file beside it. */
const shardsOf = (folder: string, index: string): TE.TaskEither<HubError, ReadonlyArray<string>> => {
  const path = join(folder, index)
  return pipe(
    readJson(path),
    TE.chainEitherK(decodeAs<FormatError['_tag']>('FileDamaged')(ShardIndex, path)),
    TE.map(({ weight_map: map }) => [...new Set(Object.values(map))].sort()),
    TE.filterOrElse(
      (names) => names.every((name) => name.endsWith('.safetensors') && !/[/\\]/.test(name)),
      () => damaged(path, 'names a shard that is no safetensors file of its folder'),
    ),
  )
}

const fetchAll = (
  at: Snapshot,
  files: ReadonlyArray<ListedFile>,
  { first, absent, index }: Selection,
  report: ReportTransfer,
): TE.TaskEither<HubError, void> => {
  const fetchNamed = (names: ReadonlyArray<string>, lacking: string): TE.TaskEither<HubError, void> =>
    pipe(
      TE.fromEither(named(at.hub, files, names, lacking)),
      TE.chain(TE.traverseSeqArray(fetchFile(at, report))),
      TE.map(() => undefined),
    )
  const names = [...new Set(first(files.map(({ path }) => path)))]
  return pipe(
    fetchNamed(names, absent),
    TE.chain(() =>
      index !== undefined && names.includes(index)
        ? pipe(
            shardsOf(snapshotFolder(at.folder, at.commit), index),
            TE.chain((shards) => fetchNamed(shards, 'no shard')),
          )
        : TE.right(undefined),
    ),
  )
}

// fetching ---------------------------------------------------------------------------------------

const unreported: ReportTransfer = () => ({ tick: () => undefined, stop: () => undefined })

/**
 * The snapshot folder of a repository with at least the selected files, fetched where the cache lacks them. Nothing is asked of
 * the hub for a commit hash whose files are all there.
 *
 * @returns left: a bad name, no access, nothing there, no connection, or bytes other than those listed
 */
export const snapshot = (
  repository: Repository,
  selection: Selection,
  { env = process.env, signal, progress = unreported }: HubUse = {},
): TE.TaskEither<HubError, string> =>
  pipe(
    hubSettings(env),
    TE.chain((settings) => {
      const hub: Hub = { settings, repository, ...(signal === undefined ? {} : { signal }) }
      const folder = repositoryFolder(settings.cache, repository)
      return pipe(
        listed(hub, folder),
        TE.chainFirst(({ commit, files }) =>
          pipe(
            fetchAll({ hub, folder, commit }, files, selection, progress),
            TE.tapError((fault) =>
              fault._tag === 'HubDamaged' ? forgetList(hub, folder, commit) : TE.right(undefined),
            ),
          ),
        ),
        TE.chainFirst(({ commit }) =>
          settings.offline ? TE.right(undefined) : keepCommit(folder, repository.revision, commit),
        ),
        TE.map(({ commit }) => snapshotFolder(folder, commit)),
      )
    }),
  )
