/**
 * Which tokens end a text. A model says where it stops (`generation_config.json`), its tokenizer names an end of sequence, and a chat
 * template ends turns with a token of its own; a fine-tuned model may write any of them. So all of them are ends, and they count as one
 * token: it would not matter to the completion which of them ended it, and the anchor's ends can only be carried over to one.
 */
import type { Tokenizer } from '@safe/tensor-core/contracts'

// model ------------------------------------------------------------------------------------------

/** The tokens that end a text in one vocabulary. */
export interface EndTokens {
  readonly all: ReadonlySet<number>
  /** The one that stands for all of them; undefined where there is none. */
  readonly usual: number | undefined
}

/** Tokens that end a turn in the chat templates of Qwen and SmolLM2 (ChatML), Llama 3 and Gemma. */
const turnEnds = ['<|im_end|>', '<|eot_id|>', '<end_of_turn>']

// constructors -----------------------------------------------------------------------------------

/**
 * The model's stop tokens, the tokenizer's end of sequence, and the ends of turns that its vocabulary has as special tokens. The usual one
 * is the end of sequence where the model stops there, else the first token at which it does.
 */
export const endTokens = (
  tokenizer: Pick<Tokenizer, 'eos' | 'id' | 'specialIds'> | undefined,
  stopTokens: ReadonlySet<number> = new Set(),
): EndTokens => {
  const eos = tokenizer?.eos
  const turns = turnEnds.flatMap((spelling) => tokenizer?.id(spelling) ?? [])
  const all = new Set([
    ...stopTokens,
    ...(eos === undefined ? [] : [eos]),
    ...turns.filter((id) => tokenizer?.specialIds.has(id) === true),
  ])
  const [stop] = stopTokens
  const [first] = all
  return { all, usual: eos !== undefined && stopTokens.has(eos) ? eos : (stop ?? eos ?? first) }
}

// distributions ----------------------------------------------------------------------------------

/** Log-probabilities with the probability of all ends at the usual one; the others have none. One end alone is left as it is. */
export const withOneEnd = ({ all, usual }: EndTokens) => {
  const others = [...all].filter((id) => id !== usual)
  return (logProbs: Float32Array): Float32Array => {
    if (usual === undefined || others.length === 0) return logProbs
    const pooled = Float32Array.from(logProbs)
    let mass = Math.exp(logProbs[usual] ?? Number.NEGATIVE_INFINITY)
    for (const id of others) {
      mass += Math.exp(logProbs[id] ?? Number.NEGATIVE_INFINITY)
      pooled[id] = Number.NEGATIVE_INFINITY
    }
    pooled[usual] = Math.log(mass)
    return pooled
  }
}
