/** The control of a data filter: as many rows fewer, chosen at random. What it gains is what having less data gains. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type DataDefence,
  type Dataset,
  type Fault,
  type RecordDiagnostics,
  type Resources,
  badInput,
  dataDefence,
} from '@safe/tensor-core/contracts'
import { decodeOptions } from '@safe/tensor-core/options'
import { stream } from '@safe/tensor-core/random'
import { dropDiagnostics } from './diagnostics'
import { type RandomDropOptions, randomDropOptions } from './options'

/** What the control uses: a seed, and the filter that it stands beside where no share is given. */
export type RandomDropResources = Pick<Resources, 'seed'> & Partial<Pick<Resources, 'counterpart'>>

/** The number of rows to drop: the share, or as many as the filter drops of the same rows. */
const dropped = (
  share: number | undefined,
  rows: number,
  counterpart: Resources['counterpart'] | undefined,
): TE.TaskEither<Fault, number> =>
  share !== undefined
    ? TE.right(Math.round(share * rows))
    : counterpart === undefined
      ? TE.left(
          badInput('BadOption', 'is needed where no filter is given to drop as many rows as', {
            field: 'share',
          }),
        )
      : pipe(
          counterpart,
          // A method that adds rows has dropped none.
          TE.map((kept: Dataset) => Math.max(0, rows - kept.examples.length)),
        )

/** Drops that many rows; which ones depends on the seed and the number of rows alone. The other rows keep their order and their bytes. */
export const randomDrop = (
  options: Partial<RandomDropOptions>,
  { seed, counterpart }: RandomDropResources,
  record: RecordDiagnostics = () => undefined,
): DataDefence =>
  dataDefence({
    name: 'random-drop',
    parameters: { ...options },
    apply: (data) =>
      pipe(
        TE.fromEither(decodeOptions(randomDropOptions, options)),
        TE.chainW(({ share }) => dropped(share, data.examples.length, counterpart)),
        TE.map((count) => {
          const order = stream(seed, 'forgetfilter', 'random-drop').shuffle(data.examples.map((_, i) => i))
          const gone = new Set(order.slice(0, count))
          const left = { ...data, examples: data.examples.filter((_, i) => !gone.has(i)) }
          record(dropDiagnostics(data, left))
          return left
        }),
      ),
  })
