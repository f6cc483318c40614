/** The methods of a configuration, loaded; default methods that are not installed are skipped and listed. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { type Fault, type Stage, badInput, stages } from '@safe/tensor-core/contracts'
import {
  type Choice,
  type StageMethods,
  choiceName,
  controlledBy,
  isControl,
  noneWord,
} from '../config/methods'
import { type LoadModule, type LoadedMethod, loadMethod } from './plugins'

// model ------------------------------------------------------------------------------------------

/** One choice of a stage: loaded methods, applied in turn. */
export interface LoadedChoice {
  readonly name: string
  readonly control: boolean
  /** The method that it is the control of. */
  readonly controls: string | undefined
  readonly methods: ReadonlyArray<LoadedMethod>
}

/** The choices of each stage by name; "no defence" is not among them. */
export type Methods = Readonly<Record<Stage, ReadonlyMap<string, LoadedChoice>>>

/** A default method that is not installed. */
export interface MissingMethod {
  readonly name: string
  /** Its package. */
  readonly use: string
}

interface Found {
  readonly choices: ReadonlyMap<string, LoadedChoice>
  readonly missing: ReadonlyArray<MissingMethod>
}

// loading ----------------------------------------------------------------------------------------

/** Left where a requested method cannot be loaded; a missing default method is not an error. */
const loadChoice =
  (load: LoadModule, stage: Stage) =>
  (choice: Choice): E.Either<Fault, LoadedChoice | MissingMethod> =>
    pipe(
      choice,
      E.traverseArray((method) => loadMethod(load)(method, stage)),
      E.map((methods): LoadedChoice | MissingMethod => ({
        name: choiceName(choice),
        control: isControl(choice),
        controls: controlledBy(choice),
        methods,
      })),
      E.orElse((fault) => {
        const missing = choice.find((m) => m.byDefault && E.isLeft(load(m.use)))
        return missing !== undefined && fault._tag === 'MethodMissing'
          ? E.right({ name: choiceName(choice), use: missing.use })
          : E.left(fault)
      }),
    )

const stageMethods = (
  load: LoadModule,
  stage: Stage,
  choices: ReadonlyArray<Choice>,
): E.Either<Fault, Found> => {
  const names = choices.map(choiceName)
  const twice = names.find((name, i) => name === noneWord || names.indexOf(name) !== i)
  return twice === undefined
    ? pipe(
        choices,
        E.traverseArray(loadChoice(load, stage)),
        E.map((all) => ({
          choices: new Map(all.flatMap((c) => ('methods' in c ? [[c.name, c] as const] : []))),
          missing: all.flatMap((c) => ('methods' in c ? [] : [c])),
        })),
      )
    : E.left(
        badInput('BadConfig', `names ${twice} twice`, {
          where: `stages.${stage}`,
          remedy: 'give each its own label',
        }),
      )
}

/** All methods of a configuration. */
export const methodsOf = (
  load: LoadModule,
  stages: StageMethods,
): E.Either<Fault, { readonly methods: Methods; readonly missing: ReadonlyArray<MissingMethod> }> =>
  pipe(
    E.Do,
    E.bind('data', () => stageMethods(load, 'data', stages.data)),
    E.bind('training', () => stageMethods(load, 'training', stages.training)),
    E.bind('weights', () => stageMethods(load, 'weights', stages.weights)),
    E.bind('decoding', () => stageMethods(load, 'decoding', stages.decoding)),
    E.map(({ data, training, weights, decoding }) => ({
      methods: {
        data: data.choices,
        training: training.choices,
        weights: weights.choices,
        decoding: decoding.choices,
      },
      missing: [data, training, weights, decoding].flatMap((found) => found.missing),
    })),
  )

// destructors ------------------------------------------------------------------------------------

/** The choices of all stages. */
export const allChoices = (methods: Methods): ReadonlyArray<LoadedChoice> =>
  stages.flatMap((stage) => [...methods[stage].values()])

/** The methods of all choices, as often as choices name them. */
export const allMethods = (methods: Methods): ReadonlyArray<LoadedMethod> =>
  allChoices(methods).flatMap((choice) => choice.methods)

/** Warnings of default methods that are not installed, a line for each package. */
export const missingWarnings = (missing: ReadonlyArray<MissingMethod>): ReadonlyArray<string> =>
  [...new Set(missing.map(({ use }) => use))].map((use) => {
    const names = missing.filter((m) => m.use === use).map(({ name }) => name)
    return `${names.join(', ')} left out: ${use} is not installed (npm install ${use})`
  })
