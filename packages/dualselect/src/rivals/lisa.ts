/**
 * Lisa, "Lazy Safety Alignment against Harmful Fine-tuning" (arXiv 2405.18641): K_1 steps on safe rows and K_2 on task rows in turn,
 * each phase held to where the other one ended:
 *
 *   loss = l(w; rows of the phase) + rho / 2 ||w - w_other||^2,   w_other the last iterate of the other phase, w_0 before there is one
 *
 * without the second term in the first `warmup` of the steps, as in the authors' code. w are the trained parameters: the factors of an
 * adapter. A run that is shorter than one turn has the same shares: K_1 / (K_1 + K_2) of its steps on safe rows, then task rows.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type {
  Diagnostics,
  Fault,
  Fidelity,
  RecordDiagnostics,
  RuleState,
  StepContext,
  TrainingDefence,
  Update,
  UpdateRule,
  VectorSpace,
} from '@safe/tensor-core/contracts'
import { type Values, atLeastZero, count, definePlugin, number, withDefault } from '@safe/tensor-core/options'
import { carrying, innerOf } from '../state'
import { around, passing } from './around'
import type { RivalError } from './errors'
import { combination, remembered, written } from './numbers'
import { rivalDefence, unrecorded } from './rival'
import { type DrawSafe, type SafeResources, safeRows, safeStep } from './safeRows'

// options ----------------------------------------------------------------------------------------

const paper = 'Lisa, arXiv 2405.18641'

/** The options of Lisa. */
export const lisaOptions = {
  safeSteps: withDefault(100, count('steps of a phase on safe rows'), paper),
  taskSteps: withDefault(900, count('steps of a phase on task rows'), paper),
  rho: withDefault(1, atLeastZero('how strongly a phase is held to the end of the other'), paper),
  warmup: withDefault(
    0.1,
    number('share of all steps without the proximal term', { min: 0, max: 1 }),
    'git-disl/Lisa',
  ),
}
/** Their values. */
export type LisaOptions = Values<typeof lisaOptions>

const fidelity: Fidelity = {
  source: 'arXiv 2405.18641; code git-disl/Lisa',
  commit: '2e9c24cc52aec31ccdfd909575e783a12a6658e8',
  formula:
    'Phases, proximal term and its start are those of the authors’ trainer, compared with plain torch: parameters within 1e-6 in ' +
    'float64; a llama’s adapter after 12 steps within 1e-4 of its update (golden tests, tools/golden/dualselect_rivals.py).',
  defaults:
    'Those of the authors’ script: K_1 100, K_2 900, rho 1; no proximal term in the first 10 % of the steps, as in their trainer.',
  differs:
    'Runs shorter than one turn keep its shares (theirs would be on safe rows alone up to step K_1). Safe rows are those ' +
    'of the run; theirs are 10,000 of BeaverTails.',
}

// phases -----------------------------------------------------------------------------------------

/** One turn: steps on safe rows, then steps on task rows. */
export type Turn = Pick<LisaOptions, 'safeSteps' | 'taskSteps'>

/** The turn of a run of so many steps. */
export const turnOf = ({ safeSteps, taskSteps }: Turn, steps: number): Turn => {
  const whole = safeSteps + taskSteps
  if (steps >= whole) return { safeSteps, taskSteps }
  const safe = Math.min(Math.max(1, Math.round((steps * safeSteps) / whole)), Math.max(1, steps - 1))
  return { safeSteps: safe, taskSteps: Math.max(1, steps - safe) }
}

/** Whether step t, from 0, is on safe rows, and whether it is the first of its phase. */
export const phaseAt = (
  { safeSteps, taskSteps }: Turn,
  t: number,
): { readonly safe: boolean; readonly first: boolean } => {
  const within = t % (safeSteps + taskSteps)
  return { safe: within < safeSteps, first: within === 0 || within === safeSteps }
}

// rule -------------------------------------------------------------------------------------------

const diagnostics = (state: RuleState<unknown>): Diagnostics => ({
  safeBatches: remembered(state, 'safeBatches'),
  taskBatches: remembered(state, 'taskBatches'),
  phases: remembered(state, 'phases'),
  proximalBatches: remembered(state, 'proximal'),
  // ||w - w_other|| at the last step with the proximal term
  drift: remembered(state, 'drift'),
})

interface Parts<G, R extends Fault> {
  readonly options: LisaOptions
  readonly inner: UpdateRule<G, R>
  readonly space: VectorSpace<G>
  readonly draw: DrawSafe
  readonly record: RecordDiagnostics
}

const lisaRule = <G, R extends Fault>({
  options,
  inner,
  space,
  draw,
  record,
}: Parts<G, R>): UpdateRule<G, R> => {
  /** The gradient with that of the proximal term, in place of the one that is given, which it frees. */
  const held = (gradient: G, parameters: G, other: G): { readonly gradient: G; readonly drift: number } => {
    const away = combination(space, [1, parameters], [-1, other])
    const drift = Math.sqrt(space.dot(away, away))
    const sum = combination(space, [1, gradient], [options.rho, away])
    space.free(away)
    space.free(gradient)
    return { gradient: sum, drift }
  }

  const train = (state: RuleState<G>, at: StepContext<G>): TE.TaskEither<R, Update<G>> => {
    const steps = at.trainingSteps - inner.warmupSteps
    const t = at.step - inner.warmupSteps
    const { safe, first } = phaseAt(turnOf(options, steps), t)
    const drawn = remembered(state, 'safe')
    const rows = safe ? draw(drawn, at.batch.length) : []
    // Kept as a number of steps done, so that none is 0; a step of several batches turns once.
    const turned = first && remembered(state, 'turnedAfter') !== at.step + 1
    return pipe(
      safe ? safeStep(inner, innerOf(state), at, rows) : inner.step(innerOf(state), at),
      TE.map((update) => {
        // At the first step of a phase the parameters are where the other phase ended.
        const kept = turned ? undefined : state.vectors['other']
        const other = kept ?? space.scale(1, at.parameters())
        const proximal = options.rho > 0 && t > options.warmup * steps
        const { gradient, drift } = proximal
          ? held(update.gradient, at.parameters(), other)
          : { gradient: update.gradient, drift: remembered(state, 'drift') }
        const numbers = written({
          safe: drawn + rows.length,
          turnedAfter: turned ? at.step + 1 : remembered(state, 'turnedAfter'),
          phases: remembered(state, 'phases') + (turned ? 1 : 0),
          safeBatches: remembered(state, 'safeBatches') + (safe ? 1 : 0),
          taskBatches: remembered(state, 'taskBatches') + (safe ? 0 : 1),
          proximal: remembered(state, 'proximal') + (proximal ? 1 : 0),
          drift,
        })
        const next = carrying({ vectors: { other }, numbers }, update.state)
        record(diagnostics(next))
        return { ...update, gradient, state: next }
      }),
    )
  }

  return around(inner, {
    name: 'lisa',
    step: (state, at) => (at.phase === 'train' ? train(state, at) : passing(inner, state, at)),
  })
}

// constructors -----------------------------------------------------------------------------------

/**
 * Lisa as a defence of the training stage.
 *
 * @returns on `apply`, left `EmptySafeRows` without safe rows
 */
export const lisa = (
  options: Partial<LisaOptions>,
  resources: SafeResources,
  record: RecordDiagnostics = unrecorded,
): TrainingDefence<RivalError> =>
  rivalDefence(
    {
      name: 'lisa',
      table: lisaOptions,
      rule: ({ options: chosen, inner, oracle: { space } }) =>
        pipe(
          safeRows(resources),
          E.map((draw) => lisaRule({ options: chosen, inner, space, draw, record })),
        ),
    },
    options,
  )

export const lisaPlugin = definePlugin({
  name: 'lisa',
  stage: 'training',
  summary:
    'steps on safe rows and on task rows in turn, each held to where the other ended (Lisa, arXiv 2405.18641)',
  fidelity,
  options: lisaOptions,
  needs: ['safe', 'seed'],
  strength: { options: ['rho'], values: [0.01, 0.1, 1, 10] },
  make: (options, resources, record) => TE.right(lisa(options, resources, record)),
})
