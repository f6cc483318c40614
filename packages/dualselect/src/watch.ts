/**
 * A frozen gR is only true while steps are small: at high learning rates the same push, repeated for a whole epoch, makes
 * the model degenerate. So the loss of a few selected references is measured again 2, 4, 8, ... steps after each refresh (a
 * forward pass each, at most log2 n of them), and every corrected step is checked to descend on its own batch. Each warning is
 * given once per refresh; training continues.
 */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Example, GradientOracle, LmError } from '@safe/tensor-core/contracts'
import type { Refreshed } from './references'
import type { Watch } from './state'

// constants --------------------------------------------------------------------------------------

/** References measured again: one small forward pass. */
const watchedReferences = 8
/** "Well below": the loss has fallen to under half of what it was when gR was frozen. */
const fallen = 0.5
/** "Well above": the corrected steps no longer descend on the references. */
const risen = 2

const kinds = ['fallen', 'risen', 'ascending'] as const
type Kind = (typeof kinds)[number]

const remedy = 'refresh more often (`refresh` N), or lower `rho` or `lr`'

/** The watch after a check, and the warnings it gives. */
export interface Checked {
  readonly watch: Watch | undefined
  readonly warnings: ReadonlyArray<string>
}

// constructors -----------------------------------------------------------------------------------

/** What is remembered of the selected references when gR is frozen. */
export const startWatch = <G>({ selection, measures }: Refreshed<G>, step: number): Watch => {
  const positions = selection.indices.slice(0, watchedReferences)
  return {
    positions,
    loss: positions.reduce((s, i) => s + (measures.losses[i] ?? 0), 0) / positions.length,
    checkedAt: step,
    warnings: [],
  }
}

const warned = (watch: Watch, kind: Kind, message: string): Checked => {
  const code = kinds.indexOf(kind)
  return watch.warnings.includes(code)
    ? { watch, warnings: [] }
    : { watch: { ...watch, warnings: [...watch.warnings, code] }, warnings: [`${message}; ${remedy}`] }
}

const isPowerOfTwo = (n: number): boolean => n >= 2 && (n & (n - 1)) === 0

/** Compares the watched references' loss with its value at the refresh, where a check is due. */
export const checkReferences = <G>(
  oracle: GradientOracle<G>,
  pool: ReadonlyArray<Example>,
  watch: Watch | undefined,
  { refreshedAt, step }: { readonly refreshedAt: number; readonly step: number },
): TE.TaskEither<LmError, Checked> =>
  watch === undefined || watch.checkedAt === step || !isPowerOfTwo(step - refreshedAt)
    ? TE.right({ watch, warnings: [] })
    : pipe(
        oracle.losses(watch.positions.flatMap((i) => pool[i] ?? [])),
        TE.map((losses): Checked => {
          const now = losses.reduce((s, l) => s + l, 0) / losses.length
          const seen = { ...watch, checkedAt: step }
          const said = `${watch.loss.toFixed(3)} to ${now.toFixed(3)} in the ${step - refreshedAt} steps since its gradient was frozen`
          if (now < fallen * watch.loss) return warned(seen, 'fallen', `the reference loss fell from ${said}`)
          if (now > risen * watch.loss)
            return warned(
              seen,
              'risen',
              `the corrected steps no longer descend on the references: their loss rose from ${said}`,
            )
          return { watch: seen, warnings: [] }
        }),
      )

/** A corrected gradient that points against the batch's own makes the batch's loss rise. */
export const checkDescent = (watch: Watch | undefined, alongTask: number): Checked =>
  watch === undefined || alongTask >= 0
    ? { watch, warnings: [] }
    : warned(
        watch,
        'ascending',
        'the corrected step no longer descends on its batch: the reference gradient outweighs the task gradient',
      )
