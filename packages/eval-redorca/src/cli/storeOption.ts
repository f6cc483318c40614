/** `--store`: where the results of a benchmark are kept. */
import { resolve } from 'node:path'
import * as E from 'fp-ts/Either'
import { optional, text } from '@safe/tensor-core/cli'
import type { Fault } from '@safe/tensor-core/contracts'
import { type StorePlace, folderPlace, storePlace } from '../store'

export const storeOption = {
  store: optional(
    text('where the results are kept: a folder, or s3://bucket/prefix (default: the results folder)', 'URL'),
  ),
}

/** The place of a store; one that is a folder is used in place of `out`, one that is not is read through `out`. */
export const placeIn = (store: string | undefined, out: string): E.Either<Fault, StorePlace> =>
  store === undefined ? E.right(folderPlace(out)) : storePlace(store, out)

/** A place that is the same from any working folder. */
export const absolute = ({ name, folder }: StorePlace): StorePlace =>
  name === folder ? folderPlace(resolve(folder)) : { name, folder: resolve(folder) }
