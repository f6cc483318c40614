/**
 * SafeInstr, "Safety-Tuned LLaMAs" (arXiv 2309.07875): no row is dropped; some safe rows are mixed into the fine-tuning data.
 *
 *   D' = D + n rows of S, drawn without replacement,   n = round(share |D|)
 *
 * The task rows keep their order; the places of the safe rows among them are random.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type DataDefence,
  type Example,
  type Fidelity,
  type InputError,
  type RecordDiagnostics,
  type Resources,
  badInput,
  dataDefence,
} from '@safe/tensor-core/contracts'
import {
  type Values,
  checked,
  completed,
  count,
  definePlugin,
  insteadOf,
  number,
  parametersOf,
  withDefault,
} from '@safe/tensor-core/options'
import { stream } from '@safe/tensor-core/random'

// options ----------------------------------------------------------------------------------------

const paper = 'SafeInstr, arXiv 2309.07875'

/** The options of safety-mix. */
export const safetyMixOptions = {
  share: withDefault(
    0.03,
    number('safe rows that are added, as a share of the rows of the data', { min: 0, max: 1 }),
    paper,
  ),
  count: insteadOf('share', count('number of safe rows that are added')),
}
/** Their values. */
export type SafetyMixOptions = Values<typeof safetyMixOptions>

const fidelity: Fidelity = {
  source: paper,
  formula: 'n safe rows are added to the fine-tuning rows and mixed with them: nothing else is done.',
  defaults: 'A share of 3 %, where the paper finds most of the effect.',
  differs:
    'The safe rows are those of the run, not the paper’s; they are drawn without replacement by the seed, and the share is of the task’s rows.',
}

// steps ------------------------------------------------------------------------------------------

/** Two lists as one: each keeps its order, and every arrangement of the two is equally likely. */
export const interspersed = <A>(
  rows: ReadonlyArray<A>,
  more: ReadonlyArray<A>,
  shuffle: <B>(values: ReadonlyArray<B>) => ReadonlyArray<B>,
): ReadonlyArray<A> => {
  const places = shuffle([...rows.map((_, i) => i), ...more.map(() => -1)])
  const next = { row: 0, more: 0 }
  return places.flatMap((place) => {
    const one = place < 0 ? more[next.more++] : rows[next.row++]
    return one === undefined ? [] : [one]
  })
}

/** Ids of added rows must not be ids of the data: methods that follow tell rows apart by them. */
const renamed = (rows: ReadonlyArray<Example>, taken: ReadonlySet<string>): ReadonlyArray<Example> => {
  const prefix = (name: string): string =>
    rows.some(({ id }) => taken.has(`${name}:${id}`)) ? prefix(`${name}+`) : name
  const name = prefix('safe')
  return rows.map((row) => ({ ...row, id: `${name}:${row.id}` }))
}

const enough = (wanted: number, safe: ReadonlyArray<Example>): E.Either<InputError, number> =>
  wanted <= safe.length
    ? E.right(wanted)
    : E.left(
        badInput('EmptyData', `has ${safe.length} rows, but ${wanted} are to be added`, {
          where: 'safe',
          remedy: 'give more safe rows, or lower `share` or `count`',
        }),
      )

// constructors -----------------------------------------------------------------------------------

/** Adds safe rows at random places. Left `EmptyData`: fewer safe rows than are to be added. */
export const safetyMix = (
  options: Partial<SafetyMixOptions>,
  { seed, safe }: Pick<Resources, 'seed' | 'safe'>,
  record: RecordDiagnostics = () => undefined,
): DataDefence<InputError> =>
  dataDefence({
    name: 'safety-mix',
    parameters: parametersOf(safetyMixOptions, completed(safetyMixOptions, options)),
    apply: (data) =>
      pipe(
        checked(safetyMixOptions, options),
        E.chain((o) => enough(o.count ?? Math.round(o.share * data.examples.length), safe.examples)),
        E.map((added) => {
          const draw = stream(seed, 'forgetfilter', 'safety-mix')
          const chosen = draw.shuffle(safe.examples).slice(0, added)
          const taken = new Set(data.examples.map(({ id }) => id))
          record({ rows: data.examples.length, added })
          return {
            ...data,
            examples: interspersed(data.examples, renamed(chosen, taken), draw.shuffle),
          }
        }),
        TE.fromEither,
      ),
  })

export const safetyMixPlugin = definePlugin({
  name: 'safety-mix',
  stage: 'data',
  summary: 'adds safe rows to the data (SafeInstr, arXiv 2309.07875)',
  options: safetyMixOptions,
  needs: ['seed', 'safe'],
  strength: { options: ['share'], replaces: ['count'], values: [0.01, 0.03, 0.05, 0.1] },
  fidelity,
  make: (options, resources, record) => TE.right(safetyMix(options, resources, record)),
})
