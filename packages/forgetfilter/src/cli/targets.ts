/** Where a command writes. Targets that exist are refused before any work, unless they are to be replaced. */
import { isAbsolute, relative, resolve, sep } from 'node:path'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { file, overwriteOption, required } from '@safe/tensor-core/cli'
import { type FormatError, type InputError, badInput } from '@safe/tensor-core/contracts'
import { refuseExisting } from '@safe/tensor-core/files'

/** `--out` and `--overwrite`, to be spread into a command's options. */
export const outputOptions = {
  out: required(file('where the result is written')),
  ...overwriteOption,
}

/** @returns left where a target exists or is to be Parquet, or where two targets or a target and an input are one file. */
export const checkTargets = (
  targets: ReadonlyArray<string | undefined>,
  inputs: ReadonlyArray<string | undefined>,
  overwrite: boolean,
): E.Either<FormatError | InputError, void> => {
  const given = targets.flatMap((path) => (path === undefined ? [] : [path]))
  const taken = new Set(inputs.flatMap((path) => (path === undefined ? [] : [resolve(path)])))
  for (const path of given) {
    if (/\.parquet$/i.test(path))
      return E.left(
        badInput('BadOption', 'Parquet is read, not written', {
          where: path,
          remedy: 'give a name that ends in .jsonl: rows of Parquet are written as JSON lines',
        }),
      )
    if (taken.has(resolve(path)))
      return E.left(
        badInput('BadOption', 'is used twice in this command', { where: path, remedy: 'give another --out' }),
      )
    taken.add(resolve(path))
  }
  return pipe(
    given,
    E.traverseArray((path) => refuseExisting(path, { overwrite })),
    E.map(() => undefined),
  )
}

/** Whether one path is the other or lies in it. */
const isWithin = (inner: string, outer: string): boolean => {
  const way = relative(resolve(outer), resolve(inner))
  return way === '' || (!isAbsolute(way) && way !== '..' && !way.startsWith(`..${sep}`))
}

/**
 * A folder that a command writes takes the place of the one that is there.
 *
 * @param others files and folders that the command reads or writes besides
 * @returns left where the folder exists and is not to be replaced, or where one of the others is this folder or lies in it
 */
export const checkFolder = (
  path: string | undefined,
  others: ReadonlyArray<string | undefined>,
  overwrite: boolean,
): E.Either<FormatError | InputError, unknown> => {
  if (path === undefined) return E.right(undefined)
  const inside = others.find((other) => other !== undefined && isWithin(other, path))
  return inside === undefined
    ? refuseExisting(path, { overwrite }, 'folder')
    : E.left(
        badInput(
          'BadOption',
          `would be replaced, but ${resolve(inside) === resolve(path) ? 'it is used' : `${inside} is`} in this command`,
          { where: path, remedy: 'give another folder' },
        ),
      )
}

/** @returns left where the folder of intermediate results is a file, or cannot be made */
export const checkWork = (path: string): E.Either<FormatError, unknown> =>
  refuseExisting(path, { resume: true }, 'folder')
