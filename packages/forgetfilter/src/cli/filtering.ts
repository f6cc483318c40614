/** Options that decide which rows go, shared by `threshold`, `filter` and `run`. */
import * as E from 'fp-ts/Either'
import { type Values, choice, number, optional, withDefault } from '@safe/tensor-core/cli'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import type { Audit, FilterRule } from '../audit'
import { PAPER_PHI } from '../defaults'

// options ----------------------------------------------------------------------------------------

export const filteringOptions = {
  phi: optional(number(`rows with a larger rate are dropped (default: ${PAPER_PHI} without --method)`)),
  method: optional(choice('how the threshold is estimated, in place of --phi', ['otsu'])),
  minLearned: optional(
    number(
      'rows with s1 below it are indeterminate (default: those with s1 <= phi, which no rate could drop)',
    ),
  ),
  indeterminate: withDefault('keep', choice('what becomes of indeterminate rows', ['keep', 'drop'])),
}

// destructors ------------------------------------------------------------------------------------

export const filterRuleOf = (v: Values<typeof filteringOptions>): E.Either<Fault, FilterRule> =>
  v.phi !== undefined && v.method !== undefined
    ? E.left(badInput('BadOption', '--phi and --method exclude each other', { remedy: 'give one of them' }))
    : E.right({
        threshold:
          v.method === undefined ? { method: 'fixed', phi: v.phi ?? PAPER_PHI } : { method: v.method },
        indeterminate: v.indeterminate,
        ...(v.minLearned === undefined ? {} : { minLearned: v.minLearned }),
      })

/** The part of a JSON answer that every command which filters gives. */
export const auditJson = ({ threshold, counts }: Audit) => ({
  method: threshold.method,
  phi: threshold.phi,
  abstained: threshold.abstained,
  reason: threshold.reason,
  ...counts,
  diagnostics: threshold.diagnostics,
})

export const auditText = ({ threshold, counts }: Audit): string =>
  [
    threshold.phi === null
      ? `no threshold (${threshold.method}): ${threshold.reason}`
      : `phi ${Number(threshold.phi.toPrecision(6))} (${threshold.method}): ${threshold.reason}`,
    `kept ${counts.kept}, dropped ${counts.dropped}, indeterminate ${counts.indeterminate}`,
  ].join('\n')
