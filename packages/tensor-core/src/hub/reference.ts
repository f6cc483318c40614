/**
 * References to repositories of the Hugging Face hub: `hub:ORG/NAME[@REVISION]` for models and adapters (also bare `ORG/NAME`),
 * `hub:ORG/NAME/PATH[@REVISION]` for one file of a dataset repository.
 */
import * as E from 'fp-ts/Either'
import { type HubError, badInput } from '../contracts'
import { isSafeName } from './fileNames'

// model ------------------------------------------------------------------------------------------

/** A repository at a revision. */
export interface Repository {
  readonly kind: 'model' | 'dataset'
  /** `ORG/NAME` */
  readonly name: string
  /** A branch, a tag or a commit hash. */
  readonly revision: string
}

/** One file of a repository. */
export interface RemoteFile {
  readonly repository: Repository
  /** The file's path in the repository, with slashes. */
  readonly path: string
}

const prefix = 'hub:'
const defaultRevision = 'main'

// rules ------------------------------------------------------------------------------------------

/** The hub's own rule; without `--`, which separates the parts of a name in the cache. */
const isName = (part: string): boolean =>
  /^[A-Za-z0-9_][A-Za-z0-9._-]{0,95}$/.test(part) && !/--|\.\.|[.-]$|\.git$/.test(part)

/** A git reference name that is also a safe path in the cache. */
const isRevision = (revision: string): boolean =>
  /^[A-Za-z0-9_][A-Za-z0-9._/+-]{0,199}$/.test(revision) && isSafeName(revision)

/** Whether a revision is a commit hash, whose files never change. */
export const isCommit = (revision: string): boolean => /^[0-9a-f]{40}$/.test(revision)

const bad = (reference: string, message: string, form: string): HubError =>
  badInput('HubMissing', message, { where: reference, remedy: `write ${form}` })

/** Splits at the last `@`. */
const atRevision = (text: string): readonly [string, string] => {
  const at = text.lastIndexOf('@')
  return at < 0 ? [text, defaultRevision] : [text.slice(0, at), text.slice(at + 1)]
}

const repositoryOf = (
  reference: string,
  kind: Repository['kind'],
  parts: ReadonlyArray<string>,
  revision: string,
  form: string,
): E.Either<HubError, Repository> =>
  parts.length !== 2 || !parts.every(isName)
    ? E.left(bad(reference, 'is not the name of a repository', form))
    : !isRevision(revision)
      ? E.left(bad(reference, 'has an impossible revision', form))
      : E.right({ kind, name: parts.join('/'), revision })

// parsing ----------------------------------------------------------------------------------------

/** Whether a text says that it is a reference to the hub. */
export const saysHub = (text: string): boolean => text.startsWith(prefix)

/** Whether a path that does not exist may be a repository's name: `ORG/NAME[@REVISION]`, and no file name of weights. */
export const looksBare = (text: string): boolean => {
  const [name, revision] = atRevision(text)
  const parts = name.split('/')
  return (
    parts.length === 2 &&
    parts.every(isName) &&
    isRevision(revision) &&
    !/\.(safetensors|gguf|jsonl?|csv)$/i.test(name)
  )
}

/** The repository of a model or an adapter, with or without `hub:`. @returns left: an impossible name or revision */
export const modelRepository = (reference: string): E.Either<HubError, Repository> => {
  const [name, revision] = atRevision(saysHub(reference) ? reference.slice(prefix.length) : reference)
  return repositoryOf(reference, 'model', name.split('/'), revision, 'hub:ORG/NAME or hub:ORG/NAME@REVISION')
}

/** A file of a dataset repository. @returns left: an impossible name, path or revision */
export const datasetFile = (reference: string): E.Either<HubError, RemoteFile> => {
  const form = 'hub:ORG/NAME/PATH or hub:ORG/NAME/PATH@REVISION'
  const [text, revision] = atRevision(reference.slice(prefix.length))
  const parts = text.split('/')
  const path = parts.slice(2).join('/')
  return !isSafeName(path)
    ? E.left(bad(reference, path === '' ? 'names no file' : 'has an impossible path', form))
    : E.map((repository: Repository) => ({ repository, path }))(
        repositoryOf(reference, 'dataset', parts.slice(0, 2), revision, form),
      )
}

/** `hub:ORG/NAME`, for messages. */
export const shownRepository = ({ name, revision }: Repository): string =>
  `${prefix}${name}${revision === defaultRevision ? '' : `@${revision}`}`
