/** Where a command writes: targets that exist are refused before any work, unless asked to replace them. */
import * as E from 'fp-ts/Either'
import { file, overwriteOption, required } from '@safe/tensor-core/cli'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { refuseExisting } from '@safe/tensor-core/files'
import { resolve } from 'node:path'
import { pipe } from 'fp-ts/function'

export const outputOptions = {
  out: required(file('where the result goes')),
  ...overwriteOption,
}

/** @returns left where a target exists or is to be Parquet, or where two targets or a target and an input are one file. */
export const checkTargets = (
  targets: ReadonlyArray<string | undefined>,
  inputs: ReadonlyArray<string | undefined>,
  overwrite: boolean,
): E.Either<Fault, void> => {
  const given = targets.flatMap((path) => (path === undefined ? [] : [path]))
  const taken = new Set(inputs.flatMap((path) => (path === undefined ? [] : [resolve(path)])))
  for (const path of given) {
    if (/\.parquet$/i.test(path))
      return E.left(
        badInput('BadOption', 'Parquet is read, not written', {
          where: path,
          remedy: 'give a name that ends in .jsonl: rows of Parquet come out as JSON lines',
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
