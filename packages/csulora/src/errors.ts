/** What can go wrong besides files: all of it the caller's to mend. */
import type { Fault, FormatError } from '@safe/tensor-core/contracts'

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
      | 'BadOption'
      | 'Interrupted'
    >
  | FormatError
