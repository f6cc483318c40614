/** The name of the model that a results folder is about, for its card. */
import { existsSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import * as E from 'fp-ts/Either'
import type * as T from 'fp-ts/Task'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { parse } from 'yaml'
import { readText } from '@safe/tensor-core/files'

// codec ------------------------------------------------------------------------------------------

/** Where `config.yaml` names the model, in a suite of files or in the arena's. */
const ofFiles = t.type({ suite: t.type({ models: t.type({ aligned: t.string }) }) })
const ofArena = t.type({ suite: t.type({ arena: t.type({ aligned: t.string }) }) })
const withAdapter = t.type({ suite: t.type({ adapter: t.string }) })
const arenaWithAdapter = t.type({ suite: t.type({ arena: t.type({ adapter: t.string }) }) })

// destructors ------------------------------------------------------------------------------------

/** `ORG/NAME` with or without a revision, where no such folder exists; anything else is a path. */
const isBare = (reference: string): boolean =>
  /^[^./\\@][^/\\@]*\/[^/\\@]+(@[^\\]+)?$/.test(reference) && !existsSync(reference)

/** `hub:ORG/NAME@REVISION` is `ORG/NAME`, a folder its last name. */
export const shortName = (reference: string): string => {
  const name = reference.startsWith('hub:') ? reference.slice(4) : reference
  return name !== reference || isBare(reference) ? (name.split('@')[0] ?? name) : basename(resolve(reference))
}

/** The adapter's name, else the model's; undefined where a configuration names neither alone. */
export const nameIn = (config: unknown): string | undefined => {
  const reference = withAdapter.is(config)
    ? config.suite.adapter
    : arenaWithAdapter.is(config)
      ? config.suite.arena.adapter
      : ofFiles.is(config)
        ? config.suite.models.aligned
        : ofArena.is(config)
          ? config.suite.arena.aligned
          : undefined
  return reference === undefined ? undefined : shortName(reference)
}

/** That name as the folder's `config.yaml` says it; without that, the name of the folder. */
export const modelNameOf = (path: string): T.Task<string> => {
  const folder = existsSync(path) && statSync(path).isDirectory() ? path : dirname(path)
  return pipe(
    readText(join(folder, 'config.yaml')),
    TE.chainEitherKW((text) =>
      E.tryCatch(
        () => nameIn(parse(text)),
        () => undefined,
      ),
    ),
    TE.match(
      () => undefined,
      (name) => name,
    ),
    (found) => async () => (await found()) ?? basename(resolve(folder)),
  )
}
