/** The control of a data filter: as many rows fewer, chosen at random. What it gains is what having less data gains. */
import * as TE from 'fp-ts/TaskEither'
import type { DataDefence } from '@safe/tensor-core/contracts'
import { stream } from '@safe/tensor-core/random'

/** Drops round(share n) rows; which ones depends on the seed and n alone. Order and bytes of the others stay. */
export const randomDrop = (share: number, seed: number): DataDefence => ({
  stage: 'data',
  name: 'random-drop',
  parameters: { share },
  apply: (data) => {
    const order = stream(seed, 'forgetfilter', 'random-drop').shuffle(data.examples.map((_, i) => i))
    const dropped = new Set(order.slice(0, Math.round(share * data.examples.length)))
    return TE.right({ ...data, examples: data.examples.filter((_, i) => !dropped.has(i)) })
  },
})
