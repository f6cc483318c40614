/** Metadata of a GGUF file by key, with a check of the kind. */
import * as E from 'fp-ts/Either'
import type { FormatError } from '../../contracts'
import { shownValue } from '../../files/decode'
import { damaged, unsupported } from '../../files/input'
import type { GgufFile } from './file'
import type { MetaScalar, MetaValue } from './header'

type Source = Pick<GgufFile, 'path' | 'metadata'>
type Result<A> = E.Either<FormatError, A>

/** Reads one kind of value; right undefined where the key is absent. */
type Reader<A> = (file: Source, key: string) => Result<A | undefined>

const reader =
  <A extends MetaValue>(is: (value: MetaValue) => value is A, what: string): Reader<A> =>
  ({ path, metadata }, key) => {
    const value = metadata.get(key)
    return value === undefined
      ? E.right(undefined)
      : is(value)
        ? E.right(value)
        : E.left(damaged(path, `metadata ${key} must be ${what}, but is ${shownValue(value)}`))
  }

const isList = (value: MetaValue): value is ReadonlyArray<MetaScalar> => Array.isArray(value)

export const numberOf = reader((v): v is number => typeof v === 'number', 'a number')
export const textOf = reader((v): v is string => typeof v === 'string', 'a text')
export const truthOf = reader((v): v is boolean => typeof v === 'boolean', 'true or false')
export const textsOf = reader(
  (v): v is ReadonlyArray<string> => isList(v) && v.every((x) => typeof x === 'string'),
  'a list of texts',
)
export const numbersOf = reader(
  (v): v is ReadonlyArray<number> => isList(v) && v.every((x) => typeof x === 'number'),
  'a list of numbers',
)

/** A value that must be there. */
export const needed = <A>(read: Reader<A>, file: Source, key: string): Result<A> =>
  E.flatMap(read(file, key), E.fromNullable(damaged(file.path, `lacks the metadata ${key}`)))

/** A number, also given as a list with one value per layer where all are equal. */
export const evenNumberOf: Reader<number> = (file, key) => {
  const value = file.metadata.get(key)
  if (value === undefined || !isList(value)) return numberOf(file, key)
  const [first] = value
  return typeof first === 'number' && value.every((x) => x === first)
    ? E.right(first)
    : E.left(unsupported(file.path, `metadata ${key} differs from layer to layer, which is not supported`))
}
