/** How a pipeline's results are stored in folders: rows as lossless JSONL, adapters as PEFT folders. */
import { createReadStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type Dataset, type Example, type Fault, type LoraAdapter, causeLine, failure } from '../contracts'
import { decodeAs, writeError } from '../files'
import { readAdapter, writeAdapter } from '../formats'
import type { Keep } from './memo'

// lines ------------------------------------------------------------------------------------------

const readLines = async <A>(
  path: string,
  codec: t.Decoder<unknown, A>,
): Promise<E.Either<Fault, ReadonlyArray<A>>> => {
  const rows: A[] = []
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    const row = decodeAs('FileDamaged')(codec, `${path}:${rows.length + 1}`, 'remove that folder')(
      JSON.parse(line),
    )
    if (E.isLeft(row)) return row
    rows.push(row.right)
  }
  return E.right(rows)
}

/** Values as lines of JSON in the file `name` of the folder. */
export const keepLines = <A>(name: string, codec: t.Decoder<unknown, A>): Keep<ReadonlyArray<A>> => ({
  read: (folder) => {
    const path = join(folder, name)
    return pipe(
      TE.tryCatch(
        () => readLines(path, codec),
        (cause): Fault =>
          failure('WorkFailed', causeLine(cause), { where: path, remedy: 'remove that folder' }),
      ),
      TE.chain(TE.fromEither),
    )
  },
  write: (folder, rows) =>
    TE.tryCatch(
      () => writeFile(join(folder, name), rows.map((row) => `${JSON.stringify(row)}\n`).join('')),
      writeError(folder),
    ),
})

// data -------------------------------------------------------------------------------------------

const role = t.keyof({ system: null, user: null, assistant: null, tool: null })
const tokens = t.readonly(t.type({ kind: t.literal('tokens'), tokens: t.readonlyArray(t.number) }))
const text = t.readonly(t.type({ kind: t.literal('text'), text: t.string }))
const messages = t.readonly(
  t.type({ kind: t.literal('messages'), messages: t.readonlyArray(t.type({ role, content: t.string })) }),
)
const example: t.Decoder<unknown, Example> = t.type({
  id: t.string,
  prompt: t.union([text, messages, tokens]),
  response: t.union([text, tokens]),
  raw: t.string,
  fields: t.UnknownRecord,
})

const names = keepLines('name.jsonl', t.type({ name: t.string }))
const examples = keepLines('rows.jsonl', example)

/** Filtered rows: `rows.jsonl`, a row per line, and the data set's name in `name.jsonl`. */
export const keepData: Keep<Dataset> = {
  read: (folder) =>
    pipe(
      TE.Do,
      TE.bind('named', () => names.read(folder)),
      TE.bind('rows', () => examples.read(folder)),
      TE.map(({ named, rows }) => ({ name: named[0]?.name ?? '', examples: rows })),
    ),
  write: (folder, { name, examples: rows }) =>
    pipe(
      names.write(folder, [{ name }]),
      TE.chain(() => examples.write(folder, rows)),
    ),
}

// adapters ---------------------------------------------------------------------------------------

/** Adapters: the folder `adapter`, as PEFT writes it. */
export const keepAdapter: Keep<LoraAdapter> = {
  read: (folder) => readAdapter(join(folder, 'adapter')),
  write: (folder, adapter) => writeAdapter(join(folder, 'adapter'), adapter),
}
