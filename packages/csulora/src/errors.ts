/** What can go wrong besides files: all of it the caller's to fix. */
import type { Fault, FormatError, InputError } from '@safe/tensor-core/contracts'

/** What a correction can end in. */
export type CsuloraError =
  | Fault<
      /** base and aligned are equal in this module: there is no direction of alignment */
      | 'NoDisplacement'
      /** the adapter belongs to another model */
      | 'AdapterMismatch'
      /** base and aligned are not the same architecture */
      | 'CheckpointMismatch'
      /** a weight that is NaN or infinite */
      | 'NotFinite'
      | 'Interrupted'
    >
  | InputError
  | FormatError
