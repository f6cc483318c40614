/**
 * The small buffers that tell a program its shapes, kept by what they hold.
 *
 * TensorFlow.js takes and writes one for every program it runs. A training step asks for a few hundred different ones thousands of
 * times, the next step for the same.
 */
import type { GpuBuffer } from './gpu'

// model ------------------------------------------------------------------------------------------

/** Numbers of one field of a program's uniforms. */
export interface UniformField {
  readonly type: string
  readonly data: ReadonlyArray<number>
}

interface Uniforms {
  readonly offset: number
  readonly size: number
  readonly buffer: GpuBuffer
}

export type MakeUniforms = (fields: ReadonlyArray<UniformField>) => Uniforms

/** The two ways to a buffer of uniforms, and the way back of those that were kept. */
interface Maker {
  /** One that the backend gives back once the program that reads it is on its way. */
  readonly make: MakeUniforms
  /** One that nobody gives back. */
  readonly makeKept: MakeUniforms
  readonly release: (buffer: GpuBuffer) => void
}

/** Texts that grow ask for new shapes at every token: beyond this many they are kept no longer. */
const mostKept = 4096

// keys -------------------------------------------------------------------------------------------

const isNegativeZero = (x: number): boolean => Object.is(x, -0)

/** What the fields hold; undefined where a text would not tell it. */
const keyOf = (fields: ReadonlyArray<UniformField>): string | undefined => {
  let key = ''
  for (const { type, data } of fields) {
    if (data.some(isNegativeZero)) return undefined
    key += `${type} ${data.join()};`
  }
  return key
}

// constructor ------------------------------------------------------------------------------------

/** As the backend's own function, which is asked only for what is not kept. */
export const keptUniforms = ({ make, makeKept, release }: Maker): MakeUniforms => {
  let kept = new Map<string, Uniforms>()
  /** Kept before `kept`: programs that read them may not be on their way when they are dropped, but are long since. */
  let before = new Map<string, Uniforms>()
  return (fields) => {
    const key = keyOf(fields)
    if (key === undefined) return make(fields)
    const known = kept.get(key)
    if (known !== undefined) return known
    if (kept.size >= mostKept) {
      for (const { buffer } of before.values()) release(buffer)
      before = kept
      kept = new Map()
    }
    const made = makeKept(fields)
    kept.set(key, made)
    return made
  }
}
