/**
 * The interpreter's memo, in which each step is computed once: a step is a piece of the result store, named by the hash of everything
 * that determines it. A lease keeps two processes from doing the same work at the same time.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as T from 'fp-ts/Task'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { contentHash, writeError } from '@safe/tensor-core/files'
import type { Key, Memo } from '@safe/tensor-core/pipeline'
import { type Piece, type ResultStore, leasing } from '../store'
import { readCost, writeCost } from './costFile'
import { type StepRecord, elsewhere, measured, noteStep } from './meter'

// constructors -----------------------------------------------------------------------------------

const stepName = ({ step }: Key): string => (typeof step === 'string' ? step : 'other')

/**
 * A memo that keeps results in the store; `make` runs only where there is none yet. The cost of a result is stored beside it, and told to
 * the step that needs the result, whether it is computed or read.
 */
export const workStore = (store: ResultStore, signal: AbortSignal): Memo => ({
  once: (keyOf, keep, make) => {
    const key = keyOf()
    const piece: Piece = `work/${contentHash(key)}`
    const place = join(store.folder, piece)
    const told = (record: StepRecord): void => noteStep(place, { step: stepName(key), ...record })
    const read = pipe(
      keep.read(place),
      TE.chainFirstTaskK(() => pipe(readCost(place), T.map(told))),
    )
    const makeAndKeep = pipe(
      measured(
        pipe(
          TE.Do,
          TE.chainW(() => make()),
        ),
      ),
      TE.chainFirstW(({ value, record }) =>
        store.put(piece, (temporary) =>
          pipe(
            keep.write(temporary, value),
            TE.chain(() => writeCost(temporary, record)),
            TE.chainW(() =>
              TE.tryCatch(
                () => writeFile(join(temporary, 'key.json'), `${JSON.stringify(key, null, 2)}\n`),
                writeError(place),
              ),
            ),
          ),
        ),
      ),
      TE.map(({ value, record }) => {
        told(record)
        return value
      }),
    )
    return elsewhere(
      pipe(
        store.get(piece),
        TE.chainW((kept) =>
          kept
            ? read
            : leasing(store, piece, signal, () =>
                pipe(
                  store.get(piece),
                  TE.chainW((meanwhile) => (meanwhile ? read : makeAndKeep)),
                ),
              ),
        ),
      ),
    )
  },
})
