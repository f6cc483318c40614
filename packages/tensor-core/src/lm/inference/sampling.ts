/**
 * From logits to the next token, as transformers' processors do it and in their order: repetition penalty, temperature, top-k,
 * top-p; then the most probable token (temperature 0) or a draw.
 */
import type { GenerationOptions, TokenLogProb } from '../../contracts'
import type { RandomStream } from '../../random'

/**
 * What decides the next token: temperature (0 is greedy), top-k (0 is all), top-p (1 is all), repetition penalty (1 is
 * none).
 */
export type SamplingOptions = Pick<GenerationOptions, 'temperature' | 'topK' | 'topP' | 'repetitionPenalty'>

/** Whether the choice is the plain argmax of the logits. */
export const isPlainGreedy = (o: SamplingOptions): boolean => o.temperature === 0 && o.repetitionPenalty === 1

/** Lowest id on ties. */
export const argmax = (xs: ArrayLike<number>): number => {
  let best = 0
  for (let i = 1; i < xs.length; i++) if ((xs[i] ?? -Infinity) > (xs[best] ?? -Infinity)) best = i
  return best
}

/** Natural log-probabilities of logits. */
export const logSoftmax = (logits: Float32Array): Float32Array => {
  let max = -Infinity
  for (const x of logits) if (x > max) max = x
  let sum = 0
  for (const x of logits) sum += Math.exp(x - max)
  const shift = max + Math.log(sum)
  return logits.map((x) => x - shift)
}

/** Tokens already in the row: positive logits are divided by the penalty, negative ones multiplied. */
const penalised = (logits: Float32Array, history: Iterable<number>, penalty: number): Float32Array => {
  if (penalty === 1) return logits
  const out = Float32Array.from(logits)
  for (const id of new Set(history)) {
    const x = out[id]
    if (x !== undefined) out[id] = x < 0 ? x * penalty : x / penalty
  }
  return out
}

/** Ids by descending logit, lowest id first on ties. */
const descending = (logits: Float32Array): Uint32Array =>
  Uint32Array.from(logits, (_, i) => i).sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0) || a - b)

/** Everything below the k-th largest logit is removed; ties with it stay, as in transformers. */
const topK = (logits: Float32Array, k: number): Float32Array => {
  if (k <= 0 || k >= logits.length) return logits
  const threshold = Float32Array.from(logits).sort().at(-k) ?? -Infinity
  return logits.map((x) => (x < threshold ? -Infinity : x))
}

/** The smallest set of most probable tokens whose mass reaches p stays. */
const topP = (logits: Float32Array, p: number): Float32Array => {
  if (p >= 1) return logits
  const logProbs = logSoftmax(logits)
  const out = new Float32Array(logits.length).fill(-Infinity)
  let mass = 0
  for (const id of descending(logits)) {
    out[id] = logits[id] ?? -Infinity
    mass += Math.exp(logProbs[id] ?? -Infinity)
    if (mass >= p) break
  }
  return out
}

/** The logits from which the token is chosen; -Infinity for tokens that may not be chosen. */
export const processedLogits = (
  logits: Float32Array,
  history: Iterable<number>,
  o: SamplingOptions,
): Float32Array => {
  const p = penalised(logits, history, o.repetitionPenalty)
  if (o.temperature === 0) return p
  const tempered = o.temperature === 1 ? p : p.map((x) => x / o.temperature)
  return topP(topK(tempered, o.topK), o.topP)
}

/** The next token of one row. Greedy draws nothing from the stream. */
export const chooseToken = (
  logits: Float32Array,
  history: Iterable<number>,
  o: SamplingOptions,
  draws: Pick<RandomStream, 'uniform'>,
): number => {
  const processed = processedLogits(logits, history, o)
  if (o.temperature === 0) return argmax(processed)
  const logProbs = logSoftmax(processed)
  let left = draws.uniform()
  let last = 0
  for (let id = 0; id < logProbs.length; id++) {
    const p = Math.exp(logProbs[id] ?? -Infinity)
    if (p === 0) continue
    last = id
    left -= p
    if (left < 0) return id
  }
  return last
}

/** The k most probable tokens. */
export const topLogProbs = (logProbs: Float32Array, k: number): ReadonlyArray<TokenLogProb> =>
  Array.from(descending(logProbs).subarray(0, k), (id) => ({ id, logProb: logProbs[id] ?? -Infinity }))
