/** Names and layouts of tensors: from llama.cpp's to those of Hugging Face checkpoints. */

export type GgufArchitecture = 'llama' | 'qwen2' | 'qwen3' | 'gemma3'

/** How a tensor's values differ from those of the checkpoint it was made from. */
export type Layout =
  | 'same'
  /** rows of queries or keys, reordered for another rotary embedding (llama) */
  | 'query-rows'
  | 'key-rows'
  /** a norm's weight w, stored as 1 + w (gemma) */
  | 'plus-one'

export interface HfTensor {
  readonly name: string
  readonly layout: Layout
}

// names ------------------------------------------------------------------------------------------

const outer: ReadonlyMap<string, string> = new Map([
  ['token_embd.weight', 'model.embed_tokens.weight'],
  ['output_norm.weight', 'model.norm.weight'],
  ['output.weight', 'lm_head.weight'],
])

const projections: ReadonlyMap<string, string> = new Map([
  ['attn_q', 'self_attn.q_proj'],
  ['attn_k', 'self_attn.k_proj'],
  ['attn_v', 'self_attn.v_proj'],
  ['attn_output', 'self_attn.o_proj'],
  ['ffn_gate', 'mlp.gate_proj'],
  ['ffn_up', 'mlp.up_proj'],
  ['ffn_down', 'mlp.down_proj'],
])

const plainNorms: ReadonlyMap<string, string> = new Map([
  ['attn_norm', 'input_layernorm'],
  ['ffn_norm', 'post_attention_layernorm'],
])
const headNorms: ReadonlyMap<string, string> = new Map([
  ['attn_q_norm', 'self_attn.q_norm'],
  ['attn_k_norm', 'self_attn.k_norm'],
])
const norms: Readonly<Record<GgufArchitecture, ReadonlyMap<string, string>>> = {
  llama: plainNorms,
  qwen2: plainNorms,
  qwen3: new Map([...plainNorms, ...headNorms]),
  gemma3: new Map([
    ['attn_norm', 'input_layernorm'],
    ['post_attention_norm', 'post_attention_layernorm'],
    ['ffn_norm', 'pre_feedforward_layernorm'],
    ['post_ffw_norm', 'post_feedforward_layernorm'],
    ...headNorms,
  ]),
}

/** The tensor's name and layout; undefined where the architecture has no such tensor. */
export const hfTensor = (architecture: GgufArchitecture, name: string): HfTensor | undefined => {
  const offset = architecture === 'gemma3' ? 'plus-one' : 'same'
  const known = outer.get(name)
  if (known !== undefined) return { name: known, layout: name === 'output_norm.weight' ? offset : 'same' }
  const [, layer, part = '', kind] = /^blk\.(0|[1-9]\d{0,4})\.([a-z_]+)\.(weight|bias)$/.exec(name) ?? []
  if (layer === undefined) return undefined
  const norm = norms[architecture].get(part)
  if (norm !== undefined && kind === 'weight')
    return { name: `model.layers.${layer}.${norm}.weight`, layout: offset }
  const projection = projections.get(part)
  return projection === undefined
    ? undefined
    : {
        name: `model.layers.${layer}.${projection}.${kind}`,
        layout:
          architecture !== 'llama'
            ? 'same'
            : part === 'attn_q'
              ? 'query-rows'
              : part === 'attn_k'
                ? 'key-rows'
                : 'same',
      }
}

// layouts ----------------------------------------------------------------------------------------

/**
 * Puts the rows of llama's queries or keys back into their order, in place: within a head, row 2 i + j of the file is row
 * j (d / 2) + i of the checkpoint (j 0 or 1, d rows per head).
 *
 * @param bytes all rows, of equal length @param rows a multiple of 2 `heads`
 */
export const restoreRows = (bytes: Uint8Array, rows: number, heads: number): void => {
  const width = bytes.byteLength / rows
  const perHead = rows / heads
  const scratch = new Uint8Array(perHead * width)
  for (let head = 0; head < heads; head++) {
    const own = bytes.subarray(head * perHead * width, (head + 1) * perHead * width)
    scratch.set(own)
    for (let row = 0; row < perHead; row++) {
      const to = (row & 1) * (perHead / 2) + (row >> 1)
      own.set(scratch.subarray(row * width, (row + 1) * width), to * width)
    }
  }
}
