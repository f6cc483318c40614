/** The measured models (Llama with random weights) and their batches. */

// model ------------------------------------------------------------------------------------------

export interface Shape {
  readonly layers: number
  readonly hidden: number
  readonly intermediate: number
  readonly heads: number
  /** Of keys and values; absent: as many as heads. */
  readonly kvHeads?: number
  /** Whether the head is the embedding. */
  readonly tied?: boolean
  readonly vocab: number
  /** Rank of the adapter on q_proj and v_proj. */
  readonly rank: number
  /** Rows of a batch, and tokens of each. */
  readonly rows: number
  readonly length: number
  /** Tokens of a prompt, and tokens decoded. */
  readonly prompt: number
  readonly newTokens: number
  /** Timed repetitions of a training step and of a prefill in one process, after one without timing. */
  readonly repeat: number
  /** Sizes of the square products among which the best speed is measured; absent: those a processor reaches it with. */
  readonly products?: ReadonlyArray<number>
  /** Whether the speed table's targets apply to this shape. */
  readonly judged: boolean
}

// the shapes -------------------------------------------------------------------------------------

const speedTable: Shape = {
  layers: 12,
  hidden: 768,
  intermediate: 2048,
  heads: 12,
  vocab: 32_000,
  rank: 16,
  rows: 8,
  length: 256,
  prompt: 64,
  newTokens: 64,
  repeat: 2,
  judged: true,
}

/** SmolLM2-135M's. */
export const smolLM2: Shape = {
  ...speedTable,
  layers: 30,
  hidden: 576,
  intermediate: 1536,
  heads: 9,
  kvHeads: 3,
  tied: true,
  vocab: 49_152,
}

export const shapes: ReadonlyMap<string, Shape> = new Map([
  ['12x768', speedTable],
  ['smollm2', { ...smolLM2, repeat: 10, judged: false }],
  [
    'small',
    {
      ...speedTable,
      layers: 6,
      hidden: 256,
      intermediate: 704,
      heads: 4,
      vocab: 4000,
      length: 128,
      repeat: 5,
      judged: false,
    },
  ],
  [
    'tiny',
    {
      ...speedTable,
      layers: 2,
      hidden: 64,
      intermediate: 176,
      heads: 2,
      vocab: 512,
      rank: 4,
      length: 32,
      prompt: 16,
      newTokens: 16,
      repeat: 5,
      judged: false,
    },
  ],
])

// arithmetic -------------------------------------------------------------------------------------

/**
 * Floating-point operations of the products of one prefill, [rows] x [length] tokens: the linear layers, attention's two products
 * over the causal half, and the head at the last position of each row.
 */
export const prefillFlops = (s: Shape): number => {
  const tokens = s.rows * s.length
  const keysWidth = (s.hidden / s.heads) * (s.kvHeads ?? s.heads)
  const linear = 2 * s.hidden ** 2 + 2 * s.hidden * keysWidth + 3 * s.hidden * s.intermediate
  const attention = 2 * 2 * s.rows * s.hidden * ((s.length * (s.length + 1)) / 2)
  return s.layers * (2 * tokens * linear + attention) + 2 * s.rows * s.hidden * s.vocab
}
