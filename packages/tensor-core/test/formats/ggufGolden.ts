/** Golden values of tools/golden/gguf_files.py, decoded. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as t from 'io-ts'

const numbers = t.array(t.number)
const nullable = t.union([t.string, t.null])
const Golden = t.type({
  blocks: t.record(t.string, t.type({ bytes: t.string, values: t.string })),
  texts: t.array(t.string),
  models: t.record(
    t.string,
    t.type({
      ids: t.array(numbers),
      withSpecial: numbers,
      bos: nullable,
      eos: nullable,
      pad: nullable,
      chat: nullable,
      rows: t.array(numbers),
      logProbs: t.array(numbers),
    }),
  ),
})

export const ggufFolder = join(__dirname, '..', 'golden', 'gguf')

const decoded = Golden.decode(JSON.parse(readFileSync(join(ggufFolder, 'golden.json'), 'utf8')))
if (E.isLeft(decoded)) throw new Error('golden.json of the GGUF files is damaged')
export const golden = decoded.right

export const ggufPath = (name: string): string => join(ggufFolder, `${name}.gguf`)
