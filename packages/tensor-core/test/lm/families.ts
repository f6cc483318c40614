/** Golden values of tools/golden/lm_families.py, decoded. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as t from 'io-ts'

const numbers = t.array(t.number)
const row = t.type({ promptTokens: numbers, responseTokens: numbers })
const decoded = t.array(t.intersection([row, t.type({ logProbs: numbers, greedy: numbers })]))
const nullable = <C extends t.Mixed>(codec: C) => t.union([codec, t.null])

const Families = t.type({
  families: t.record(
    t.string,
    t.type({
      rows: decoded,
      training: t.array(row),
      loraLoss: t.number,
      fullLoss: t.number,
      steps: t.type({
        log: t.array(t.type({ loss: t.number, gradNorm: t.number })),
        final: t.record(t.string, numbers),
      }),
    }),
  ),
  ropes: t.record(
    t.string,
    t.type({
      config: t.UnknownRecord,
      rows: decoded,
      losses: numbers,
      training: t.array(row),
      long: t.intersection([row, t.type({ logProbs: numbers })]),
    }),
  ),
  rates: t.array(t.type({ config: t.UnknownRecord, length: t.number, rates: numbers, factor: t.number })),
  configs: t.record(
    t.string,
    t.type({
      raw: t.UnknownRecord,
      headDim: t.number,
      kvHeads: t.number,
      tie: t.boolean,
      sliding: t.array(t.boolean),
      window: nullable(t.number),
      thetas: numbers,
      maxPositionEmbeddings: t.number,
      epsilon: t.number,
      scalar: nullable(t.number),
      bos: nullable(t.number),
      pad: nullable(t.number),
      eos: numbers,
    }),
  ),
})

export const familiesFolder = join(__dirname, '..', 'golden', 'families')

const read = Families.decode(JSON.parse(readFileSync(join(familiesFolder, 'golden.json'), 'utf8')))
if (E.isLeft(read)) throw new Error('the golden values of the families are not of the expected form')
export const families = read.right
