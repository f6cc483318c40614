/**
 * Keys and values of the tokens a layer has seen. States are values: appending gives a new one, and earlier ones stay valid.
 * Where the engine writes in place, states share memory with room to grow: only the state that has written furthest may append
 * there, any other one takes memory of its own first.
 */
import { tf, writesCaches } from '../../engine'

// model ------------------------------------------------------------------------------------------

/** How far the memory that states share has been written, in slots. */
interface Writing {
  slots: number
}

export interface KeyValues {
  /** [rows, keyHeads, capacity, headDim], keys already rotated; only the first `slots` count. */
  readonly k: tf.Tensor
  readonly v: tf.Tensor
  readonly slots: number
  readonly writing: Writing
}

/** Longest chunk that is appended in place: matrix products are faster for longer ones. */
export const LONGEST = 8

/** Spare slots: this many, and an eighth of those in use. */
const ROOM = 64

// constructors -----------------------------------------------------------------------------------

/** Memory without room: every slot counts. */
export const keyValues = (k: tf.Tensor, v: tf.Tensor): KeyValues => {
  const slots = k.shape[2] ?? 0
  return { k, v, slots, writing: { slots } }
}

/** The same state once more, with a `dispose` of its own. */
export const cloneKeyValues = (past: KeyValues): KeyValues => ({
  ...past,
  k: tf.clone(past.k),
  v: tf.clone(past.v),
})

export const disposeKeyValues = ({ k, v }: KeyValues): void => {
  k.dispose()
  v.dispose()
}

// combinators ------------------------------------------------------------------------------------

/** [rows, keyHeads, slots, headDim] of memory that may be longer; call it in a `tf.tidy`. */
export const countingSlots = (memory: tf.Tensor, slots: number): tf.Tensor => {
  const [rows = 0, heads = 0, capacity = 0, width = 0] = memory.shape
  return capacity === slots ? memory : tf.slice(memory, [0, 0, 0, 0], [rows, heads, slots, width])
}

const grown = (memory: tf.Tensor, slots: number, room: number): tf.Tensor =>
  tf.tidy(() => {
    const [rows = 0, heads = 0, , width = 0] = memory.shape
    return tf.concat([countingSlots(memory, slots), tf.zeros([rows, heads, room, width])], 2)
  })

/** Memory into which `chunk` slots may be written after the state's; undefined where this engine does not write in place. */
export const roomToWrite = (past: KeyValues | undefined, chunk: number): KeyValues | undefined => {
  if (past === undefined || chunk > LONGEST || !writesCaches()) return undefined
  const { k, v, slots, writing } = past
  if (writing.slots === slots && (k.shape[2] ?? 0) >= slots + chunk) return cloneKeyValues(past)
  const room = chunk + ROOM + Math.floor(slots / 8)
  return { k: grown(k, slots, room), v: grown(v, slots, room), slots, writing: { slots } }
}

/** The state after `chunk` slots have been written into its memory. */
export const written = (memory: KeyValues, chunk: number): KeyValues => {
  memory.writing.slots = memory.slots + chunk
  return { ...memory, slots: memory.slots + chunk }
}
