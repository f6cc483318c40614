/** Teacher-forced scores: log-probability of every response token, and whether it was the most probable one. */
import { tf, tokenScores } from '../../engine'
import type { EncodedExample } from '../../text'
import { predicted, tokenBatch } from '../decoder/batch'
import { predictingStates } from '../decoder/backward'
import type { Adaptation } from '../decoder/linear'
import { logitsOf } from '../decoder/logits'
import type { DecoderWeights } from '../decoder/weights'

export interface RowScore {
  /** The response tokens that were scored. */
  readonly tokens: ReadonlyArray<number>
  readonly logProbs: ReadonlyArray<number>
  readonly correct: ReadonlyArray<boolean>
  /** Mean negative log-likelihood, nats. */
  readonly nll: number
}

/** Elements of one chunk of logits. */
const CHUNK = 33_554_432

/** One batch, one forward pass; logits only where a response token is predicted. */
export const scoreRows = async (
  weights: DecoderWeights,
  adaptation: Adaptation,
  rows: ReadonlyArray<EncodedExample>,
): Promise<ReadonlyArray<RowScore>> => {
  const batch = tokenBatch(rows)
  const total = batch.targets.length
  const [logProbs, best] = [new Float32Array(total), new Int32Array(total)]
  const states = predictingStates(weights, batch, adaptation)
  try {
    const size = Math.max(1, Math.floor(CHUNK / weights.config.vocabSize))
    for (let start = 0; start < total; start += size) {
      const targets = batch.targets.subarray(start, start + size)
      const { logProbs: chosen, best: top } = tf.tidy(() => {
        const { config, head } = weights
        const own = tf.slice(states, [start, 0], [targets.length, config.hiddenSize])
        return { ...tokenScores(logitsOf(head, own, config), targets) }
      })
      logProbs.set(await chosen.data(), start)
      best.set(await top.data(), start)
      tf.dispose([chosen, top])
    }
  } finally {
    states.dispose()
  }
  let at = 0
  return rows.map((row) => {
    const tokens = predicted(row)
    const own = Array.from(logProbs.subarray(at, at + tokens.length))
    const correct = tokens.map((id, i) => best[at + i] === id)
    at += tokens.length
    return { tokens, logProbs: own, correct, nll: -own.reduce((a, b) => a + b, 0) / Math.max(1, own.length) }
  })
}
