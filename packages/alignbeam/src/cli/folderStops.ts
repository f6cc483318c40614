/** Where the model of a folder stops, without its weights: the folder may hold a tokenizer alone. */
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import type { FormatError } from '@safe/tensor-core/contracts'
import { decodeAs, readJson, readOptional } from '@safe/tensor-core/files'

const Stops = t.partial(
  { eos_token_id: t.union([t.number, t.readonlyArray(t.number), t.null]) },
  'a configuration',
)

/** `eos_token_id` of a file; undefined where there is no such file, or nothing of it in the file. */
const stopsIn = (path: string): TE.TaskEither<FormatError, ReadonlyArray<number> | undefined> =>
  pipe(
    readOptional(path, readJson),
    TE.chainEitherK((json) => decodeAs<FormatError['_tag']>('FileDamaged')(Stops, path)(json ?? {})),
    TE.map(({ eos_token_id: ids }) => (typeof ids === 'number' ? [ids] : (ids ?? undefined))),
  )

/** `eos_token_id` of generation_config.json, else of config.json; none where the folder has neither. */
export const folderStops = (dir: string): TE.TaskEither<FormatError, ReadonlySet<number>> =>
  pipe(
    stopsIn(join(dir, 'generation_config.json')),
    TE.chain((own) => (own === undefined ? stopsIn(join(dir, 'config.json')) : TE.right(own))),
    TE.map((ids) => new Set(ids ?? [])),
  )
