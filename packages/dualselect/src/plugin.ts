/**
 * DualSelect and its controls as a benchmark sees them. The controls are special cases of the one rule, its options with other
 * defaults:
 *
 *   random-references  references drawn anew at each refresh, everything else as in DualSelect
 *   random-drop        as many rows of each batch at random, no references
 *   agem               no filter; fresh random references at every step, the least correction that keeps them falling
 */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Dataset,
  type DefencePlugin,
  type Example,
  type ExpectedWork,
  type Fault,
  type Fidelity,
  type RecordDiagnostics,
  type Resources,
  type RunSize,
  type TrainingDefence,
  badInput,
} from '@safe/tensor-core/contracts'
import { type StrengthOf, definePlugin, withDefaults } from '@safe/tensor-core/options'
import { observed } from './diagnostics'
import { agemFidelity, dualSelectFidelity, randomDropFidelity, randomReferencesFidelity } from './fidelity'
import { dualSelect } from './dualSelect'
import { type DualSelectOptions, budgeted, dualSelectOptions, usesReferences } from './options'
import { rivals } from './rivals'
import { strengths } from './strengths'
import type { CountTokens } from './taskFilter'

// token budget -----------------------------------------------------------------------------------

/** Counts with the benchmark's own tokenizer; one more for the end of sequence that text gets. */
const tokenCounter = (model: Resources['model']): TE.TaskEither<Fault, CountTokens> =>
  pipe(
    model(),
    TE.chain((lm) => {
      const { tokenizer } = lm
      lm.dispose()
      return tokenizer === undefined
        ? TE.left(
            badInput('TokenCountMissing', 'needs a tokenizer, and the model has none', {
              field: 'tokenBudget',
              remedy: 'use `kTask`',
            }),
          )
        : TE.right(({ response }: Example) =>
            response.kind === 'tokens' ? response.tokens.length : tokenizer.encode(response.text).length + 1,
          )
    }),
  )

// expected work ----------------------------------------------------------------------------------

/** Each refresh is a pass over the pool of references; selection needs a gradient of every row, at the cost of an ordinary pass. */
const work = (options: DualSelectOptions, { rows, references, steps, batchSize }: RunSize): ExpectedWork => {
  if (!usesReferences(options)) return {}
  const every = options.refresh === 'epoch' ? Math.ceil(rows / batchSize) : options.refresh
  return { trainingSteps: Math.round((Math.ceil(steps / every) * references) / batchSize) }
}

// strengths --------------------------------------------------------------------------------------

/** The path that `dualselect tune` tries as well. */
const correctionPath: StrengthOf<typeof dualSelectOptions> = {
  options: ['rho', 'tokenBudget'],
  values: strengths.map((strength) => ({ ...strength })),
}

/** The control without references can only keep less. */
const budgetPath: StrengthOf<typeof dualSelectOptions> = {
  options: ['tokenBudget'],
  values: [0.95, 0.9, 0.8, 0.65, 0.5],
}

// plugins ----------------------------------------------------------------------------------------

interface Control {
  readonly name: string
  readonly summary: string
  readonly fidelity: Fidelity
  /** The options that make the control. */
  readonly preset?: Partial<DualSelectOptions>
  readonly strength?: StrengthOf<typeof dualSelectOptions>
}

const strengthOf = ({ strength }: Control): { readonly strength?: StrengthOf<typeof dualSelectOptions> } =>
  strength === undefined ? {} : { strength }

const tableOf = ({ preset, name }: Control): typeof dualSelectOptions =>
  preset === undefined ? dualSelectOptions : withDefaults(dualSelectOptions, preset, `the control ${name}`)

const made = (
  { name }: Control,
  options: DualSelectOptions,
  references: Dataset,
  { seed, model }: Pick<Resources, 'seed' | 'model'>,
  record: RecordDiagnostics,
): TE.TaskEither<Fault, TrainingDefence> =>
  pipe(
    budgeted(options).tokenBudget === undefined
      ? TE.right<Fault, { readonly countTokens?: CountTokens }>({})
      : pipe(
          tokenCounter(model),
          TE.map((countTokens) => ({ countTokens })),
        ),
    TE.map((counting) => {
      const defence = observed(
        (onCorrection) => dualSelect(options, { references, seed, ...counting, onCorrection }),
        { record, ...counting },
      )
      return { ...defence, steps: defence.steps.map((step) => ({ ...step, name })) }
    }),
  )

const withReferences = (control: Control): DefencePlugin =>
  definePlugin({
    name: control.name,
    stage: 'training',
    summary: control.summary,
    fidelity: control.fidelity,
    options: tableOf(control),
    ...strengthOf(control),
    needs: ['references', 'seed', 'model'],
    work,
    make: (options, { references, ...rest }, record) => made(control, options, references, rest, record),
  })

/** A control that uses no references: options that would make it use them end in `EmptyReferences`. */
const withoutReferences = (control: Control): DefencePlugin =>
  definePlugin({
    name: control.name,
    stage: 'training',
    summary: control.summary,
    fidelity: control.fidelity,
    options: tableOf(control),
    ...strengthOf(control),
    needs: ['seed', 'model'],
    make: (options, resources, record) =>
      made(control, options, { name: `the references of ${control.name}`, examples: [] }, resources, record),
  })

/** DualSelect, its controls and the rivals of its stage, as a benchmark finds them. */
export const plugins: ReadonlyArray<DefencePlugin> = [
  withReferences({
    name: 'dualselect',
    summary: 'selects safety references and task rows together, and corrects the gradient',
    fidelity: dualSelectFidelity,
    strength: correctionPath,
  }),
  withReferences({
    name: 'random-references',
    summary: 'DualSelect with references drawn at random',
    fidelity: randomReferencesFidelity,
    preset: { referenceSet: 'random' },
    strength: correctionPath,
  }),
  withoutReferences({
    name: 'random-drop',
    summary: 'learns from as many rows of each batch, chosen at random',
    fidelity: randomDropFidelity,
    preset: { taskFilter: 'random', correction: 'none' },
    strength: budgetPath,
  }),
  withReferences({
    name: 'agem',
    summary: 'A-GEM: projects the gradient where random references would suffer',
    fidelity: agemFidelity,
    preset: {
      correction: 'agem',
      taskFilter: 'none',
      referenceSet: 'random',
      refresh: 1,
      warmupSteps: 0,
    },
  }),
  ...rivals,
]
