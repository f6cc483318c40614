/** Names for things by what they are: SHA-256 of canonical JSON (keys sorted), of data, of adapters, of model folders. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import * as TE from 'fp-ts/TaskEither'
import { type Dataset, type Fault, type LoraAdapter, badInput, causeLine } from '@safe/tensor-core/contracts'

// canonical JSON ---------------------------------------------------------------------------------

const isRecord = (u: unknown): u is Readonly<Record<string, unknown>> => typeof u === 'object' && u !== null

const sorted = (u: unknown): unknown =>
  Array.isArray(u)
    ? u.map(sorted)
    : isRecord(u)
      ? Object.fromEntries(
          Object.keys(u)
            .sort()
            .map((key) => [key, sorted(u[key])]),
        )
      : u

export const canonical = (u: unknown): string => JSON.stringify(sorted(u))

/** Sixteen hexadecimal digits: short enough to read, long enough never to meet by chance. */
const shortened = (hex: string): string => hex.slice(0, 16)

export const contentHash = (u: unknown): string =>
  shortened(createHash('sha256').update(canonical(u)).digest('hex'))

// carriers ---------------------------------------------------------------------------------------

/** Rows in their order: what a training run sees. */
export const dataHash = (data: Dataset): string => {
  const hash = createHash('sha256')
  for (const { id, prompt, response, raw } of data.examples)
    hash.update(canonical([id, prompt, response, raw])).update('\n')
  return shortened(hash.digest('hex'))
}

export const adapterHash = (adapter: LoraAdapter): string => {
  const hash = createHash('sha256')
  for (const { name, A, B, scale } of adapter.modules)
    for (const { rows, cols, data } of [A, B])
      hash
        .update(canonical([name, rows, cols, scale]))
        .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  return shortened(hash.digest('hex'))
}

/** Every file of a folder, by name and content. */
export const folderHash = (folder: string): TE.TaskEither<Fault, string> =>
  TE.tryCatch(
    async () => {
      const hash = createHash('sha256')
      const names = (await readdir(folder, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .sort()
      for (const name of names) {
        hash.update(canonical(name.slice(folder.length)))
        await pipeline(createReadStream(name), async (chunks: AsyncIterable<Uint8Array>) => {
          for await (const chunk of chunks) hash.update(chunk)
        })
      }
      return shortened(hash.digest('hex'))
    },
    (cause) =>
      badInput('FileMissing', `cannot be read (${causeLine(cause)})`, {
        where: folder,
        remedy: 'give a model folder',
      }),
  )
