/**
 * The methods of each stage as written in a configuration. An entry of a stage's list is a method, the name of one, or a list of
 * these, applied in turn: `data: [forgetfilter, [guard, forgetfilter]]`. A name refers to a method of the same list,
 * otherwise to a default method of the suite.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import type { Parameters, Stage } from '@safe/tensor-core/contracts'
import { documentOf } from '@safe/tensor-core/options'
import { closed, optional, options, withDefault } from './closed'

// model ------------------------------------------------------------------------------------------

/** One method of one stage: the plugin `name` of the module `use`. */
export interface Method {
  readonly use: string
  readonly name: string
  readonly options: Parameters
  /** The factor's name in results; by default the method's name. */
  readonly label: string | undefined
  /** A control runs with no other defence and is not part of the combinations. */
  readonly control: boolean
  /** The method that it is the control of, by its name in results; undefined where it is compared with none in particular. */
  readonly controls: string | undefined
  /** A default method, skipped where its package is not installed. */
  readonly byDefault: boolean
}

/** One choice of a stage: methods applied in turn, at least one. */
export type Choice = ReadonlyArray<Method>

/** The choices of each stage; "no defence" is always available and is not listed. */
export type StageMethods = Readonly<Record<Stage, ReadonlyArray<Choice>>>

/** The word for "no defence" in files. */
export const noneWord = 'none'

/** The name of one method in results. */
export const methodName = (method: Method): string => method.label ?? method.name

/** The factor's name in results: `guard+forgetfilter`. */
export const choiceName = (choice: Choice): string => choice.map(methodName).join('+')

/** Whether a choice is a control: shown beside the combinations, but not part of them. */
export const isControl = (choice: Choice): boolean => choice.some((m) => m.control)

/** The method that a choice is the control of. */
export const controlledBy = (choice: Choice): string | undefined =>
  choice.find((m) => m.controls !== undefined)?.controls

// codecs -----------------------------------------------------------------------------------------

const written = closed({
  use: t.string,
  name: t.string,
  options: withDefault(options, {}),
  label: optional(t.string),
  control: withDefault(t.union([t.boolean, t.string]), false),
})
type Entry = string | t.TypeOf<typeof written>

const entry: t.Type<Entry, unknown> = t.union([t.string, written])
const entries = t.readonlyArray(t.union([entry, t.readonlyArray(entry)]))

const methodOf = ({ control, ...e }: Exclude<Entry, string>): Method => ({
  ...e,
  control: control !== false,
  controls: typeof control === 'string' ? control : undefined,
  byDefault: false,
})

/** The methods that a name in a list can refer to; those of the list take precedence over the suite's. */
const named = (
  listed: ReadonlyArray<Entry | ReadonlyArray<Entry>>,
  fallback: ReadonlyArray<Choice>,
): ReadonlyMap<string, Method> =>
  new Map(
    [...fallback.flat(), ...listed.flat().flatMap((e) => (typeof e === 'string' ? [] : [methodOf(e)]))].map(
      (m) => [methodName(m), m],
    ),
  )

const choices = (fallback: ReadonlyArray<Choice>): t.Type<ReadonlyArray<Choice>, unknown> =>
  new t.Type<ReadonlyArray<Choice>, unknown>(
    'a list of methods',
    (u): u is ReadonlyArray<Choice> => Array.isArray(u),
    (u, c) =>
      pipe(
        entries.validate(Array.isArray(u) ? u.filter((x) => x !== noneWord) : u, c),
        E.chain((listed) => {
          const known = named(listed, fallback)
          const found = (e: Entry): t.Validation<Method> => {
            if (typeof e !== 'string') return t.success(methodOf(e))
            const method = known.get(e)
            return method === undefined
              ? t.failure(
                  e,
                  c,
                  `names ${e}, which is not a method of this stage; use ${[...known.keys()].join(', ')}`,
                )
              : t.success({ ...method, byDefault: false })
          }
          return pipe(
            listed,
            E.traverseArray((e) =>
              Array.isArray(e) && e.length === 0
                ? t.failure(e, c, 'contains an empty list of methods')
                : pipe([e].flat(), E.traverseArray(found)),
            ),
          )
        }),
      ),
    (a) => a.map(shownChoice),
  )

/** @param fallback the suite's default methods */
export const stagesCodec = (fallback: StageMethods): t.Type<StageMethods, unknown> =>
  closed({
    data: withDefault(choices(fallback.data), fallback.data),
    training: withDefault(choices(fallback.training), fallback.training),
    weights: withDefault(choices(fallback.weights), fallback.weights),
    decoding: withDefault(choices(fallback.decoding), fallback.decoding),
  })

// destructors ------------------------------------------------------------------------------------

const shownMethod = (m: Method): unknown => ({
  use: m.use,
  name: m.name,
  ...(m.label === undefined ? {} : { label: m.label }),
  ...(m.control ? { control: m.controls ?? true } : {}),
  options: documentOf(m.options),
})

const shownChoice = (choice: Choice): unknown => {
  const [first, ...more] = choice.map(shownMethod)
  return more.length === 0 ? first : [first, ...more]
}

/** A stage's list as it is written to a file. */
export const shownStage = (listed: ReadonlyArray<Choice>): ReadonlyArray<unknown> => [
  noneWord,
  ...listed.map(shownChoice),
]
