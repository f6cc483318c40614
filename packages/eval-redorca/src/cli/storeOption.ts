/** `--store`: where the results of a benchmark are kept. */
import { resolve } from 'node:path'
import * as E from 'fp-ts/Either'
import { optional, text } from '@safe/tensor-core/cli'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { type StorePlace, folderPlace } from '../store'

export const storeOption = {
  store: optional(
    text('where the results are kept: a folder, or s3://bucket/prefix (default: the results folder)', 'URL'),
  ),
}

/** Kinds of stores that are no folders. */
const remote = ['s3:']

/** The place of a store; one that is a folder is used in place of `out`, one that is not is read through `out`. */
export const placeIn = (store: string | undefined, out: string): E.Either<Fault, StorePlace> => {
  if (store === undefined) return E.right(folderPlace(out))
  const scheme = /^([a-z][a-z0-9+.-]*:)\/\//i.exec(store)?.[1]?.toLowerCase()
  if (scheme === undefined && store !== '') return E.right(folderPlace(store))
  return scheme !== undefined && remote.includes(scheme)
    ? E.right({ name: store, folder: out })
    : E.left(
        badInput('BadOption', store === '' ? 'is empty' : `cannot be a store (${scheme ?? ''}//)`, {
          where: '--store',
          remedy: 'give a folder or s3://bucket/prefix',
        }),
      )
}

/** A place that is the same from any working folder. */
export const absolute = ({ name, folder }: StorePlace): StorePlace =>
  name === folder ? folderPlace(resolve(folder)) : { name, folder: resolve(folder) }
