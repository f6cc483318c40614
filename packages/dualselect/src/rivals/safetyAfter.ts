/**
 * Safety fine-tuning after fine-tuning: n more steps on safe rows, the baseline of ForgetFilter's Table 2 (arXiv 2312.12736). The
 * steps come in addition to those of the recipe; the optimizer continues, the learning rate runs through its course anew.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type {
  Fault,
  Fidelity,
  RecordDiagnostics,
  RuleState,
  StepContext,
  TrainingDefence,
  Update,
  UpdateRule,
} from '@safe/tensor-core/contracts'
import { type Values, count, definePlugin, withDefault } from '@safe/tensor-core/options'
import { carrying, innerOf } from '../state'
import { around, passing } from './around'
import type { RivalError } from './errors'
import { remembered, shareOf, written } from './numbers'
import { rivalDefence, unrecorded } from './rival'
import { type DrawSafe, type SafeResources, safeRows, safeStep } from './safeRows'

// options ----------------------------------------------------------------------------------------

/** The options of safety-after. */
export const safetyAfterOptions = {
  steps: withDefault(100, count('steps on safe rows after the last epoch')),
}
/** Their values. */
export type SafetyAfterOptions = Values<typeof safetyAfterOptions>

const fidelity: Fidelity = {
  source: 'arXiv 2312.12736, Table 2: safety fine-tuning after fine-tuning.',
  formula:
    'Compared with plain torch: parameters within 1e-6 in float64; a llama’s adapter after 12 steps within 1e-4 of its update (golden ' +
    'tests, tools/golden/dualselect_rivals.py).',
  defaults: '100 steps, set here.',
  differs:
    'The recipe is the run’s own, and the steps continue its optimizer; the learning rate runs through its course anew.',
}

// rule -------------------------------------------------------------------------------------------

interface Parts<G, R extends Fault> {
  readonly options: SafetyAfterOptions
  readonly inner: UpdateRule<G, R>
  readonly draw: DrawSafe
  readonly record: RecordDiagnostics
}

const safetyAfterRule = <G, R extends Fault>({
  options: { steps },
  inner,
  draw,
  record,
}: Parts<G, R>): UpdateRule<G, R> => {
  const innerClosing = inner.closingSteps ?? 0
  /** Its steps come after those of the rule inside and before those of a rule outside. */
  const isOwn = ({ phase, step, trainingSteps }: StepContext<G>): boolean => {
    const done = step - trainingSteps - innerClosing
    return phase === 'closing' && done >= 0 && done < steps
  }
  const step = (state: RuleState<G>, at: StepContext<G>): TE.TaskEither<R, Update<G>> => {
    const drawn = remembered(state, 'safe')
    const rows = draw(drawn, at.batch.length)
    return pipe(
      safeStep(inner, innerOf(state), at, rows),
      TE.map((update) => {
        const next = {
          safe: drawn + rows.length,
          batches: remembered(state, 'batches') + 1,
          loss: remembered(state, 'loss') + update.losses.reduce((a, b) => a + b, 0),
        }
        record({
          safeBatches: next.batches,
          safeRows: next.safe,
          meanSafeLoss: shareOf(next.loss, next.safe),
        })
        return { ...update, state: carrying({ numbers: written(next) }, update.state) }
      }),
    )
  }
  return around(inner, {
    name: 'safety-after',
    closingSteps: innerClosing + steps,
    step: (state, at) => (isOwn(at) ? step(state, at) : passing(inner, state, at)),
  })
}

// constructors -----------------------------------------------------------------------------------

/**
 * Safety fine-tuning after fine-tuning as a defence of the training stage.
 *
 * @returns on `apply`, left `EmptySafeRows` without safe rows
 */
export const safetyAfter = (
  options: Partial<SafetyAfterOptions>,
  resources: SafeResources,
  record: RecordDiagnostics = unrecorded,
): TrainingDefence<RivalError> =>
  rivalDefence(
    {
      name: 'safety-after',
      table: safetyAfterOptions,
      rule: ({ options: chosen, inner }) =>
        pipe(
          safeRows(resources),
          E.map((draw) => safetyAfterRule({ options: chosen, inner, draw, record })),
        ),
    },
    options,
  )

export const safetyAfterPlugin = definePlugin({
  name: 'safety-after',
  stage: 'training',
  summary: 'more steps, on safe rows, after the last epoch (safety fine-tuning, arXiv 2312.12736)',
  fidelity,
  options: safetyAfterOptions,
  needs: ['safe', 'seed'],
  strength: { options: ['steps'], values: [10, 30, 100, 300] },
  work: ({ steps }) => ({ trainingSteps: steps }),
  make: (options, resources, record) => TE.right(safetyAfter(options, resources, record)),
})
