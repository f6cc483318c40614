/** What the rivals of the training stage can end in. */
import type { Fault, InputError, LmError } from '@safe/tensor-core/contracts'

/** What a rival can end in, beside the errors of the rule it is applied to. */
export type RivalError =
  | Fault<
      /** safe rows are needed, and there are none */
      | 'EmptySafeRows'
      /** this training keeps no initial model to compare the current one with */
      | 'InitialModelMissing'
      /** a method that replaces the loss comes after another method of its stage */
      | 'DefenceOrder'
    >
  | InputError
  | LmError
