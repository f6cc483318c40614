/** Tokens to the decoder's first states and back: rows of the embedding, in gemma times the root of their width. */
import { tf } from '../../engine'
import type { DecoderWeights } from './weights'

/** [tokens, width] */
export const embed = ({ embedding, embeddingScale }: DecoderWeights, tokens: Int32Array): tf.Tensor =>
  tf.tidy(() => {
    const rows = embedding.rows(tf.tensor1d(tokens, 'int32'))
    return embeddingScale === 1 ? rows : tf.mul(rows, embeddingScale)
  })

/** [vocab, width] gradient of the embedding from that of the first states. */
export const embedPullback = (
  { config, embeddingScale }: DecoderWeights,
  tokens: Int32Array,
  dStates: tf.Tensor,
): tf.Tensor =>
  tf.tidy(() =>
    tf.scatterND(
      tf.tensor2d(tokens, [tokens.length, 1], 'int32'),
      embeddingScale === 1 ? dStates : tf.mul(dStates, embeddingScale),
      [config.vocabSize, config.hiddenSize],
    ),
  )
