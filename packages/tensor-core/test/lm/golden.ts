/** Golden values of tools/golden/lm.py, decoded, and the models they were computed with. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import type * as TE from 'fp-ts/TaskEither'
import * as t from 'io-ts'
import { type Example, type Fault, badInput, faultLine } from '../../src/contracts'
import { installedEngines } from '../../src/engine'
import { openModelFolder } from '../../src/formats'
import { type Decoder, type LocalLM, causalLM, loadWeights } from '../../src/lm'
import type { EncodedExample } from '../../src/text'

const numbers = t.array(t.number)
const row = t.type({ promptTokens: numbers, responseTokens: numbers })
const decoding = t.type({
  rows: t.array(
    t.intersection([
      row,
      t.type({
        lastLogits: numbers,
        logProbs: numbers,
        correct: numbers,
        greedy: numbers,
        penalised: numbers,
      }),
    ]),
  ),
  long: t.type({ tokens: numbers, lastLogits: numbers }),
})
const gradients = t.type({
  rows: t.array(row),
  losses: numbers,
  cosines: numbers,
  norms: numbers,
  meanNorm: t.number,
  each: t.record(t.string, t.array(numbers)),
})
const training = t.type({
  rows: t.array(row),
  lr: t.number,
  log: t.array(t.type({ step: t.number, loss: t.number, gradNorm: t.number, lr: t.number })),
  final: t.record(t.string, numbers),
})
const Golden = t.type({
  grouped: decoding,
  llama3: decoding,
  linear: decoding,
  processors: t.type({
    history: numbers,
    logits: numbers,
    cases: t.array(
      t.type({
        options: t.type({
          temperature: t.number,
          topK: t.number,
          topP: t.number,
          repetitionPenalty: t.number,
        }),
        probabilities: numbers,
      }),
    ),
  }),
  gradients,
  gradientsLlama3: gradients,
  lora: training,
  full: training,
  adamw: t.type({ start: numbers, steps: t.array(t.type({ gradient: numbers, parameters: numbers })) }),
  schedules: t.array(
    t.type({
      kind: t.union([t.literal('linear'), t.literal('cosine')]),
      warmup: t.number,
      total: t.number,
      factors: numbers,
    }),
  ),
})

export const goldenFolder = join(__dirname, '..', 'golden', 'lm')

export const right = <A>(e: E.Either<Fault, A>): A => {
  if (E.isLeft(e)) throw new Error(faultLine(e.left))
  return e.right
}
export const run = async <A>(task: TE.TaskEither<Fault, A>): Promise<A> => right(await task())

const decoded = Golden.decode(JSON.parse(readFileSync(join(goldenFolder, 'golden.json'), 'utf8')))
if (E.isLeft(decoded)) throw new Error('golden.json is not of the expected form')
export const golden = decoded.right

/** Rows of token ids as they are. */
export const tokenRow = (e: Example): E.Either<Fault<'BadRow'>, EncodedExample> =>
  e.prompt.kind === 'tokens' && e.response.kind === 'tokens'
    ? E.right({ promptTokens: e.prompt.tokens, responseTokens: e.response.tokens })
    : E.left(badInput('BadRow', 'is not a row of tokens'))
export const tokenEncoder: Decoder['encoder'] = {
  prompt: (p) =>
    p.kind === 'tokens' ? E.right(p.tokens) : E.left(badInput('BadRow', 'is not a prompt of tokens')),
  example: tokenRow,
}
export const tokenExample = (
  id: string,
  r: { promptTokens: number[]; responseTokens: number[] },
): Example => ({
  id,
  prompt: { kind: 'tokens', tokens: r.promptTokens },
  response: { kind: 'tokens', tokens: r.responseTokens },
  raw: JSON.stringify(r),
  fields: {},
})

export const loadGolden = async (name: string): Promise<LocalLM> => {
  const folder = await run(openModelFolder(join(goldenFolder, name)))
  return causalLM({
    id: name,
    weights: await run(loadWeights(folder)),
    adaptation: { factors: new Map() },
    tokenizer: undefined,
    encoder: tokenEncoder,
    stopTokens: folder.stopTokens,
    batchSize: 8,
  })
}

/** Largest difference relative to the largest value. */
export const relativeError = (got: ArrayLike<number>, want: ArrayLike<number>): number => {
  expect(got.length).toBe(want.length)
  let [difference, scale] = [0, 1e-12]
  for (let i = 0; i < want.length; i++) {
    difference = Math.max(difference, Math.abs((got[i] ?? NaN) - (want[i] ?? NaN)))
    scale = Math.max(scale, Math.abs(want[i] ?? 0))
    if (Number.isNaN(got[i])) return Infinity
  }
  return difference / scale
}

/**
 * Engines of this machine that the golden tests run on; plain JavaScript is left to the engine's own contract suite, and webgpu,
 * whose driver is named by the environment of its process, to the tests of that engine; SAFE_TEST_WEBGPU=1, with such an
 * environment, runs them on it too.
 */
export const testedEngines = installedEngines()
  .filter((e) => e.available && e.name !== 'cpu')
  .filter((e) => e.name !== 'webgpu' || process.env['SAFE_TEST_WEBGPU'] === '1')
  .map((e) => e.name)
