/** A checkpoint on disk, whatever files it is in. */
import type * as TE from 'fp-ts/TaskEither'
import type { FormatError, NamedTensor, WeightSource } from '../contracts'
import type { Room } from './safetensors'

/** A checkpoint whose tensors can also be read as stored. */
export interface Checkpoint extends WeightSource {
  readonly metadata: Readonly<Record<string, string>>
  /** The tensor's bytes as stored, of any dtype. @param room allocates the memory they are read into */
  readonly readRaw: (name: string, room?: Room) => TE.TaskEither<FormatError, NamedTensor>
}
