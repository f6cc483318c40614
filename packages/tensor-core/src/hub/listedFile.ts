/** One file of a repository as the hub lists it. Its name and its hash become names in the cache, so both are checked. */
import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import { type HubError, failure } from '../contracts'
import { damaged } from '../files/input'
import { isSafeName } from './fileNames'

// model ------------------------------------------------------------------------------------------

/** A file as the hub lists it. Large files are known by SHA-256, the others by the SHA-1 of their git blob. */
export const ListedFile = t.type({
  path: t.string,
  /** Bytes. */
  size: t.number,
  algorithm: t.union([t.literal('sha256'), t.literal('git-sha1')]),
  hash: t.string,
})
export type ListedFile = t.TypeOf<typeof ListedFile>

// checking ---------------------------------------------------------------------------------------

/** The hub's answer is not what its API promises. */
export const broken = (where: string, message: string): HubError =>
  failure('HubDamaged', message, { where, remedy: 'check HF_ENDPOINT, or report it to the repository' })

const isSize = (size: number): boolean => Number.isSafeInteger(size) && size >= 0

/** A listed file, its name and hash checked: both become names in the cache. */
export const checked = (where: string, file: ListedFile): E.Either<HubError, ListedFile> =>
  !isSafeName(file.path)
    ? E.left(
        damaged(where, `lists ${JSON.stringify(file.path)}, a name that leaves the cache`, 'do not use it'),
      )
    : !isSize(file.size) ||
        !(file.algorithm === 'sha256' ? /^[0-9a-f]{64}$/ : /^[0-9a-f]{40}$/).test(file.hash)
      ? E.left(broken(where, `lists ${file.path} without a size and a hash`))
      : E.right(file)
