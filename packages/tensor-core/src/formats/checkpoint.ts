/** A checkpoint whose tensors can also be read as bytes. */
import type * as TE from 'fp-ts/TaskEither'
import type { FormatError, NamedTensor, WeightSource } from '../contracts'
import type { Room } from './safetensors'

/** A checkpoint on disk, whatever files it is in. */
export interface Checkpoint extends WeightSource {
  readonly metadata: Readonly<Record<string, string>>
  /** The tensor's bytes, of the type it is read as. @param room allocates the memory they are read into */
  readonly readRaw: (name: string, room?: Room) => TE.TaskEither<FormatError, NamedTensor>
}
