/** The rivals of AlignBeam as plugins of a benchmark. */
import * as TE from 'fp-ts/TaskEither'
import { type DefencePlugin, decodingDefence } from '@safe/tensor-core/contracts'
import { definePlugin } from '@safe/tensor-core/options'
import { withSecondModel } from '../secondModel'
import { anchorAlone } from './anchorAlone'
import { anchorAloneFidelity } from './fidelity'

/** The control `anchor-alone`, as a benchmark finds it. */
export const rivals: ReadonlyArray<DefencePlugin> = [
  definePlugin({
    name: 'anchor-alone',
    stage: 'decoding',
    fidelity: anchorAloneFidelity,
    summary: 'control: the anchor answers by itself',
    options: {},
    needs: ['anchor'],
    make: (_, { anchor }) =>
      TE.right(
        decodingDefence({
          name: 'anchor-alone',
          parameters: {},
          apply: withSecondModel(anchor, (second, onDispose) => anchorAlone({ anchor: second, onDispose })),
        }),
      ),
  }),
]
