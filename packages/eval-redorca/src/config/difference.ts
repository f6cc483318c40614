/** The first place where two configuration documents differ, as a message names it. */
import { canonicalJson, shownValue } from '@safe/tensor-core/files'
import { isFields } from './closed'

// model ------------------------------------------------------------------------------------------

export interface Difference {
  /** Keys as a file has them: `recipe.epochs`, `stages.data[1].with`. */
  readonly path: string
  /** Undefined where it is not set. */
  readonly there: unknown
  readonly here: unknown
}

/** Lists up to this length are shown whole. */
const shortText = 40

// parts ------------------------------------------------------------------------------------------

const isList = (u: unknown): u is ReadonlyArray<unknown> => Array.isArray(u)

const isSame = (there: unknown, here: unknown): boolean => canonicalJson(there) === canonicalJson(here)

const isShort = (list: ReadonlyArray<unknown>): boolean => canonicalJson(list).length <= shortText

const differenceAt = (path: string, there: unknown, here: unknown): Difference | undefined => {
  if (isSame(there, here)) return undefined
  if (isFields(there) && isFields(here)) {
    const key = [...Object.keys(here), ...Object.keys(there)].find((k) => !isSame(there[k], here[k]))
    return key === undefined
      ? undefined
      : differenceAt(path === '' ? key : `${path}.${key}`, there[key], here[key])
  }
  if (isList(there) && isList(here) && !(isShort(there) && isShort(here))) {
    const longer = there.length > here.length ? there : here
    const place = longer.findIndex((_, i) => !isSame(there[i], here[i]))
    return differenceAt(`${path}[${place}]`, there[place], here[place])
  }
  return { path, there, here }
}

// constructors -----------------------------------------------------------------------------------

/** The first difference of two documents, in the order of the second; undefined where there is none. The order of keys is none. */
export const firstDifference = (there: unknown, here: unknown): Difference | undefined =>
  differenceAt('', there, here)

/** Keys that say how fast results come, and not which: they may differ from run to run and from machine to machine. */
const speedKeys: ReadonlyArray<string> = ['workers', 'batch-size']

/** What a configuration document says about results. */
export const aboutResults = (document: unknown): unknown =>
  isFields(document)
    ? Object.fromEntries(Object.entries(document).filter(([key]) => !speedKeys.includes(key)))
    : document

// destructors ------------------------------------------------------------------------------------

const shown = (u: unknown): string => (u === undefined ? 'not set' : shownValue(u))

/** `seeds: [1] there, [2] here` */
export const differenceLine = ({ path, there, here }: Difference): string =>
  `${path}: ${shown(there)} there, ${shown(here)} here`
