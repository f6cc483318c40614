/** Tokens to the decoder's first states and back: rows of the embedding, in some families multiplied by a constant. */
import { tf } from '../../engine'
import type { DecoderWeights } from './weights'

/** [tokens, width] */
export const embed = ({ embedding, embeddingScale }: DecoderWeights, tokens: Int32Array): tf.Tensor =>
  tf.tidy(() => {
    const rows = embedding.rows(tf.tensor1d(tokens, 'int32'))
    return embeddingScale === 1 ? rows : tf.mul(rows, embeddingScale)
  })

/**
 * Gradients of the first states as the embedding receives them: scaled like the states, and zero for the padding token, which
 * torch's embedding never learns (`padding_idx`).
 */
const received = (
  { config, embeddingScale }: DecoderWeights,
  tokens: Int32Array,
  d: tf.Tensor,
): tf.Tensor => {
  const scaled = embeddingScale === 1 ? d : tf.mul(d, embeddingScale)
  const { padTokenId } = config
  if (padTokenId === undefined || !tokens.includes(padTokenId)) return scaled
  const learns = Float32Array.from(tokens, (id) => (id === padTokenId ? 0 : 1))
  return tf.mul(scaled, tf.tensor2d(learns, [tokens.length, 1]))
}

/** [vocab, width] gradient of the embedding from that of the first states. */
export const embedPullback = (weights: DecoderWeights, tokens: Int32Array, dStates: tf.Tensor): tf.Tensor =>
  tf.tidy(() =>
    tf.scatterND(tf.tensor2d(tokens, [tokens.length, 1], 'int32'), received(weights, tokens, dStates), [
      weights.config.vocabSize,
      weights.config.hiddenSize,
    ]),
  )
