/** What DualSelect can end in. */
import type { Fault, LmError } from '@safe/tensor-core/contracts'

/** What DualSelect can end in, beside the errors of the rule it is applied to. */
export type DualSelectError =
  | Fault<
      /** references are needed, and the pool is empty */
      | 'EmptyReferences'
      /** a token budget without a way to count tokens */
      | 'TokenCountMissing'
      /** the divergence from the initial model has no gradient before the first step */
      | 'WarmupMissing'
      /** this training keeps no initial model to measure the divergence from */
      | 'PreservationMissing'
      /** a selection log was not made with this data or these options */
      | 'ReplayMismatch'
    >
  | LmError
