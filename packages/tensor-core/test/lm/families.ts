/** Golden values of tools/golden/lm_families.py, decoded. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as t from 'io-ts'

const numbers = t.array(t.number)
const row = t.type({ promptTokens: numbers, responseTokens: numbers })
const decoded = t.array(t.intersection([row, t.type({ logProbs: numbers, greedy: numbers })]))
const nullable = <C extends t.Mixed>(codec: C) => t.union([codec, t.null])

const configs = t.record(
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
    /** soft caps of scores and logits; multipliers of scores, embedding and residual; the logits' divisor */
    scales: t.union([t.array(nullable(t.number)), t.undefined]),
    unrotated: t.union([t.array(t.boolean), t.undefined]),
  }),
)

const Family = t.type({
  rows: decoded,
  training: t.array(row),
  loraLoss: t.number,
  fullLoss: t.number,
  steps: t.type({
    log: t.array(t.type({ loss: t.number, gradNorm: t.number })),
    final: t.record(t.string, numbers),
  }),
})

const LaterFamily = t.intersection([Family, t.type({ configs })])

const Families = t.type({
  families: t.record(t.string, Family),
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
  configs,
})

export const familiesFolder = join(__dirname, '..', 'golden', 'families')

const golden = <A>(codec: t.Type<A, unknown>, ...path: ReadonlyArray<string>): A => {
  const read = codec.decode(JSON.parse(readFileSync(join(familiesFolder, ...path, 'golden.json'), 'utf8')))
  if (E.isLeft(read)) throw new Error(`the golden values in ${path.join('/')} are not of the expected form`)
  return read.right
}

/** Families whose golden values are in their own folders. */
export const laterFamilies = ['gemma', 'gemma2', 'granite', 'gemma3', 'olmo2', 'smollm3'] as const

const first = golden(Families)
const later = laterFamilies.map((name) => [name, golden(LaterFamily, name)] as const)

export const families = {
  ...first,
  families: { ...first.families, ...Object.fromEntries(later) },
  configs: later.reduce((all, [, of]) => ({ ...all, ...of.configs }), first.configs),
}
