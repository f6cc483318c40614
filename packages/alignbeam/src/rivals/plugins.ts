/** The rivals of AlignBeam as plugins of a benchmark. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type DefencePlugin, decodingDefence } from '@safe/tensor-core/contracts'
import { definePlugin, parametersOf } from '@safe/tensor-core/options'
import { withSecondModel } from '../secondModel'
import { anchorAlone } from './anchorAlone'
import { anchorAloneFidelity, guardFidelity } from './fidelity'
import { guard } from './guard'
import { judgeOfHarm } from './guardVerdict'
import { guardOptions } from './options'

/** The rivals of the decoding stage, as a benchmark finds them. */
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
  definePlugin({
    name: 'guard',
    stage: 'decoding',
    fidelity: guardFidelity,
    summary: 'a judge reads every answer, and a fixed refusal replaces the harmful ones',
    options: guardOptions,
    strength: { options: ['threshold'], values: [0.9, 0.7, 0.5, 0.3, 0.1] },
    needs: ['judge'],
    make: (options, { judge }, record) =>
      pipe(
        // Before anything is trained: a judge of wording alone would have every answer replaced.
        TE.fromEither(judgeOfHarm(judge)),
        TE.map(() =>
          decodingDefence({
            name: 'guard',
            parameters: parametersOf(guardOptions, options),
            apply: (model) => guard(options, { judge, record }).apply(model),
          }),
        ),
      ),
  }),
]
