/** Where a model, an adapter or data is on this machine: a path stays as it is, a reference to the hub becomes a path in the cache. */
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type HubError, badInput } from '../contracts'
import { kindOf } from '../files/input'
import { type Selection, adapterOnly, matching, modelFiles, oneFile, tokenizerFiles } from './fileNames'
import { datasetFile, looksBare, modelRepository, saysHub } from './reference'
import { type HubUse, snapshot } from './snapshot'

// parts ------------------------------------------------------------------------------------------

const fetched = (reference: string, selection: Selection, use: HubUse): TE.TaskEither<HubError, string> =>
  pipe(
    TE.fromEither(modelRepository(reference)),
    TE.chain((repository) => snapshot(repository, selection, use)),
  )

/** A bare name may be a mistyped path: the fault says so, and that it is the caller's. */
const bareFault =
  (path: string) =>
  (fault: HubError): HubError =>
    fault.kind === 'interrupted'
      ? fault
      : badInput(fault._tag, `is no folder here; on the hub it ${fault.message}`, {
          where: path,
          remedy: `check the path; ${fault.remedy ?? 'or write hub:ORG/NAME'}`,
        })

const resolved = (reference: string, selection: Selection, use: HubUse): TE.TaskEither<HubError, string> =>
  saysHub(reference)
    ? fetched(reference, selection, use)
    : !looksBare(reference)
      ? TE.right(reference)
      : pipe(
          kindOf(reference),
          TE.chain((kind) =>
            kind === 'absent'
              ? pipe(fetched(reference, selection, use), TE.mapLeft(bareFault(reference)))
              : TE.right(reference),
          ),
        )

// resolving --------------------------------------------------------------------------------------

/**
 * The folder of a model: `hub:ORG/NAME[@REVISION]`, or bare `ORG/NAME` where no such folder exists, is fetched into the standard
 * cache (configuration, tokenizer, templates, safetensors weights); anything else is returned unchanged.
 *
 * @returns left: a bad name, no access (401, 403), nothing there (404), no connection, or bytes other than those listed
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { resolveModel } from '@safe/tensor-core/hub'
 *
 * assert.deepStrictEqual(await resolveModel('./models/base')(), { _tag: 'Right', right: './models/base' })
 * ```
 */
export const resolveModel = (reference: string, use: HubUse = {}): TE.TaskEither<HubError, string> =>
  resolved(reference, modelFiles, use)

/** The folder of a tokenizer, as `resolveModel` but without weights. */
export const resolveTokenizer = (reference: string, use: HubUse = {}): TE.TaskEither<HubError, string> =>
  resolved(reference, tokenizerFiles, use)

/** The folder of a PEFT adapter, as `resolveModel` but of its two files. */
export const resolveAdapter = (reference: string, use: HubUse = {}): TE.TaskEither<HubError, string> =>
  resolved(reference, adapterOnly, use)

/** The file of a dataset: `hub:ORG/NAME/PATH[@REVISION]` is fetched; anything else is returned unchanged. */
export const resolveData = (reference: string, use: HubUse = {}): TE.TaskEither<HubError, string> =>
  saysHub(reference)
    ? pipe(
        TE.fromEither(datasetFile(reference)),
        TE.chain(({ repository, path }) =>
          pipe(
            snapshot(repository, oneFile(path), use),
            TE.map((folder) => join(folder, ...path.split('/'))),
          ),
        ),
      )
    : TE.right(reference)

/**
 * Fetches a repository of a model or an adapter. @param include patterns of file names (`*` matches slashes too); without any,
 * the files that a model needs
 *
 * @returns the snapshot's folder
 */
export const download = (
  reference: string,
  include: ReadonlyArray<string> = [],
  use: HubUse = {},
): TE.TaskEither<HubError, string> =>
  fetched(reference, include.length === 0 ? modelFiles : matching(include), use)
