/** Methods at a strength: which strengths a configuration tries, and a method's options at one of them. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { type Fault, type StrengthValue, badInput } from '@safe/tensor-core/contracts'
import { kebab } from '@safe/tensor-core/options'
import { noneWord } from '../config/methods'
import type { Sweep } from '../config/sweep'
import { byKey } from './byKey'
import { type Methods, type MissingMethod, allMethods } from './methods'
import { type LoadedMethod, loadedName, readsCounterpart } from './plugins'

// model ------------------------------------------------------------------------------------------

/** Strengths tried of each method, from weak to strong, by its name in results; a method without any stays as configured. */
export type Paths = Readonly<Record<string, ReadonlyArray<StrengthValue>>>

// parts ------------------------------------------------------------------------------------------

const isRecord = (value: StrengthValue): value is Exclude<StrengthValue, number | string> =>
  typeof value === 'object'

const where = (name: string): string => `sweep.${name}`

const optionsAt = (
  { plugin, options }: LoadedMethod,
  name: string,
  value: StrengthValue,
): E.Either<Fault, LoadedMethod['options']> => {
  const { strength } = plugin
  if (strength === undefined)
    return E.left(
      badInput('BadConfig', 'has no strength', { where: where(name), remedy: 'leave it out of the sweep' }),
    )
  const [only, ...more] = strength.options
  const set = isRecord(value) ? value : only === undefined || more.length > 0 ? undefined : { [only]: value }
  const unknown =
    set === undefined ? undefined : Object.keys(set).find((key) => !strength.options.includes(key))
  if (set === undefined || unknown !== undefined)
    return E.left(
      badInput(
        'BadConfig',
        unknown === undefined ? 'needs a mapping for each strength' : `sets ${kebab(unknown)}`,
        {
          where: where(name),
          remedy: `set ${strength.options.map(kebab).join(', ')}`,
        },
      ),
    )
  const kept = Object.entries(options).filter(([key]) => !(strength.replaces ?? []).includes(key))
  return E.right({ ...Object.fromEntries(kept), ...set })
}

// constructors -----------------------------------------------------------------------------------

/** A method with the options of a strength, completed. @returns left `BadConfig` naming the sweep */
export const atStrength = (loaded: LoadedMethod, value: StrengthValue): E.Either<Fault, LoadedMethod> => {
  const name = loadedName(loaded)
  return pipe(
    optionsAt(loaded, name, value),
    E.chain((options) =>
      pipe(
        loaded.plugin.complete(options),
        E.mapLeft((fault): Fault => ({ ...byKey(fault), where: where(name) })),
      ),
    ),
    E.map((options) => ({ ...loaded, method: { ...loaded.method, options }, options })),
  )
}

const valuesOf = (sweep: Sweep, loaded: LoadedMethod): E.Either<Fault, ReadonlyArray<StrengthValue>> => {
  const declared = loaded.plugin.strength?.values
  if (sweep === noneWord) return E.right([])
  if (sweep === 'default') return E.right(declared ?? [])
  const name = loadedName(loaded)
  const listed = sweep[name]
  return listed === undefined
    ? E.right([])
    : listed !== 'default'
      ? E.right(listed)
      : declared === undefined
        ? E.left(
            badInput('BadConfig', 'has no strength', {
              where: where(name),
              remedy: 'leave it out of the sweep',
            }),
          )
        : E.right(declared)
}

/** Every method, once by its stage and name. */
const distinctMethods = (methods: Methods): ReadonlyArray<LoadedMethod> => [
  ...new Map(
    allMethods(methods).map((loaded) => [`${loaded.plugin.stage} ${loadedName(loaded)}`, loaded]),
  ).values(),
]

/**
 * The strengths that a sweep tries; each is checked by completing the method's options with it.
 *
 * @param missing default methods that are not installed: what the sweep says of them is not used
 * @returns left `BadConfig`: a method that there is not or that has no strength, a value that its options refuse, two methods of one name
 */
export const pathsOf = (
  sweep: Sweep,
  methods: Methods,
  missing: ReadonlyArray<MissingMethod> = [],
): E.Either<Fault, Paths> => {
  const all = distinctMethods(methods)
  const names = all.map(loadedName)
  const unknown =
    typeof sweep === 'string'
      ? undefined
      : Object.keys(sweep).find(
          (name) => !names.includes(name) && !missing.some((method) => method.name === name),
        )
  if (unknown !== undefined)
    return E.left(
      badInput('BadConfig', 'is not a method of this benchmark', {
        where: where(unknown),
        remedy: `name ${names.join(', ')}`,
      }),
    )
  return pipe(
    all,
    E.traverseArray((loaded) =>
      pipe(
        valuesOf(sweep, loaded),
        E.chainFirst(E.traverseArray((value) => atStrength(loaded, value))),
        E.map((values) => ({ name: loadedName(loaded), values })),
      ),
    ),
    // A control that does as much as its method does is as strong as that.
    E.map((paths) =>
      all.map((loaded, i) => {
        const own = paths[i]?.values ?? []
        const beside = readsCounterpart(loaded) ? loaded.method.controls : undefined
        return {
          name: loadedName(loaded),
          values: beside === undefined ? own : (paths.find(({ name }) => name === beside)?.values ?? []),
        }
      }),
    ),
    E.map((paths) => paths.filter(({ values }) => values.length > 0)),
    E.filterOrElse(
      () => sweep === noneWord || new Set(names).size === names.length,
      (): Fault =>
        badInput('BadConfig', `names ${names.find((n, i) => names.indexOf(n) !== i) ?? ''} at two stages`, {
          where: 'stages',
          remedy: 'give one of them a label: strengths are told apart by name',
        }),
    ),
    E.map((paths) => Object.fromEntries(paths.map(({ name, values }) => [name, values]))),
  )
}

/** The place of a value among the strengths of a method, from weak to strong; -1 where it is none of them. */
export const placeOf = (paths: Paths, method: string, value: StrengthValue): number =>
  (paths[method] ?? []).findIndex((v) => JSON.stringify(v) === JSON.stringify(value))

/** Whether any strength is tried. */
export const isSwept = (paths: Paths): boolean => Object.keys(paths).length > 0
