/** The control of a data filter: as many rows fewer, chosen at random. What it gains is what having less data gains. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type DataDefence, type InputError, type Resources, dataDefence } from '@safe/tensor-core/contracts'
import { decodeOptions } from '@safe/tensor-core/options'
import { stream } from '@safe/tensor-core/random'
import { type RandomDropOptions, randomDropOptions } from './options'

/**
 * Drops round(share n) of n rows; which ones depends on the seed and n alone. The other rows keep their order and their bytes.
 */
export const randomDrop = (
  options: RandomDropOptions,
  { seed }: Pick<Resources, 'seed'>,
): DataDefence<InputError> =>
  dataDefence<InputError>({
    name: 'random-drop',
    parameters: { ...options },
    apply: (data) =>
      pipe(
        TE.fromEither(decodeOptions(randomDropOptions, options)),
        TE.map(({ share }) => {
          const order = stream(seed, 'forgetfilter', 'random-drop').shuffle(data.examples.map((_, i) => i))
          const dropped = new Set(order.slice(0, Math.round(share * data.examples.length)))
          return { ...data, examples: data.examples.filter((_, i) => !dropped.has(i)) }
        }),
      ),
  })
