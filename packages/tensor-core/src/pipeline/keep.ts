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
import { decodeWith } from '../files'
import { readAdapter, writeAdapter } from '../formats'
import type { Keep } from './memo'

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
const header: t.Decoder<unknown, { readonly name: string }> = t.type({ name: t.string })

const file = (folder: string): string => join(folder, 'data.jsonl')

const readRows = async (path: string): Promise<E.Either<Fault, Dataset>> => {
  const examples: Example[] = []
  const found: { name: string } = { name: '' }
  let line = 0
  for await (const row of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    line++
    const json: unknown = JSON.parse(row)
    const where = `${path}:${line}`
    const decoded =
      line === 1
        ? pipe(
            decodeWith(header, where)(json),
            E.map(({ name }) => void (found.name = name)),
          )
        : pipe(
            decodeWith(example, where)(json),
            E.map((e) => void examples.push(e)),
          )
    if (E.isLeft(decoded)) return decoded
  }
  return E.right({ name: found.name, examples })
}

/** Filtered rows: `data.jsonl`, a header line and a row per line. */
export const keepData: Keep<Dataset> = {
  read: (folder) =>
    pipe(
      TE.tryCatch(
        () => readRows(file(folder)),
        (cause): Fault =>
          failure('WorkFailed', causeLine(cause), { where: file(folder), remedy: 'remove that folder' }),
      ),
      TE.chain(TE.fromEither),
    ),
  write: (folder, data) =>
    TE.tryCatch(
      () =>
        writeFile(
          file(folder),
          [{ name: data.name }, ...data.examples].map((row) => `${JSON.stringify(row)}\n`).join(''),
        ),
      (cause): Fault => failure('WriteFailed', causeLine(cause), { where: folder }),
    ),
}

// adapters ---------------------------------------------------------------------------------------

/** Adapters: the folder `adapter`, as PEFT writes it. */
export const keepAdapter: Keep<LoraAdapter> = {
  read: (folder) => readAdapter(join(folder, 'adapter')),
  write: (folder, adapter) => writeAdapter(join(folder, 'adapter'), adapter),
}
