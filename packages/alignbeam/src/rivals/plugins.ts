/** The rivals of AlignBeam as plugins of a benchmark. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type CausalLM, type DefencePlugin, type Fault, decodingDefence } from '@safe/tensor-core/contracts'
import { judgeOfHarm } from '@safe/tensor-core/judges'
import { definePlugin, parametersOf } from '@safe/tensor-core/options'
import { withSecondModel } from '../secondModel'
import { anchorAlone } from './anchorAlone'
import { anchorAloneFidelity, guardFidelity, nudgingFidelity, proxyTuningFidelity } from './fidelity'
import { guard } from './guard'
import { nudging } from './nudging/nudging'
import { guardPluginOptions, guarding, nudgingOptions, proxyTuningOptions } from './options'
import { proxyTuning } from './proxyTuning'

/** Two models as one that is freed with both: where the second cannot be opened, the first is freed. */
const bothOf = <A extends Fault>(first: TE.TaskEither<A, CausalLM>, second: TE.TaskEither<A, CausalLM>) =>
  pipe(
    first,
    TE.chain((expert) =>
      pipe(
        second,
        TE.tapError(() => TE.fromIO(expert.dispose)),
        TE.map((antiExpert) => ({
          expert,
          antiExpert,
          dispose: () => [expert, antiExpert].forEach((model) => model.dispose()),
        })),
      ),
    ),
  )

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
    options: guardPluginOptions,
    strength: { options: ['threshold'], values: [0.9, 0.7, 0.5, 0.3, 0.1] },
    needs: ['judge'],
    make: ({ judge: own, ...options }, { judge }, record) =>
      pipe(
        // Before anything is trained: a judge of wording alone would have every answer replaced.
        TE.fromEither(judgeOfHarm(judge, guarding)),
        TE.map(() =>
          decodingDefence({
            name: 'guard',
            parameters: parametersOf(guardPluginOptions, { ...options, judge: own }),
            apply: (model) => guard(options, { judge, record }).apply(model),
          }),
        ),
      ),
  }),
  definePlugin({
    name: 'proxy-tuning',
    stage: 'decoding',
    fidelity: proxyTuningFidelity,
    summary:
      'every token shifted by what the aligned model knows and the model before alignment does not (arXiv 2401.08565)',
    options: proxyTuningOptions,
    strength: { options: ['alpha'], values: [0.2, 0.5, 1, 1.5, 2] },
    needs: ['model', 'baseModel'],
    // Three models of one size read every token.
    work: () => ({ completionFactor: 3 }),
    make: (options, { model, baseModel }, record) =>
      TE.right(
        decodingDefence({
          name: 'proxy-tuning',
          parameters: parametersOf(proxyTuningOptions, options),
          apply: withSecondModel(bothOf(model(), baseModel), ({ expert, antiExpert }, onDispose) =>
            proxyTuning(options, { expert, antiExpert, record, onDispose }),
          ),
        }),
      ),
  }),
  definePlugin({
    name: 'nudging',
    stage: 'decoding',
    fidelity: nudgingFidelity,
    summary:
      'where the fine-tuned model is unsure of its next token, the anchor writes the next word (arXiv 2410.09300)',
    options: nudgingOptions,
    strength: { options: ['threshold'], values: [0.2, 0.4, 0.6, 0.8, 0.95] },
    needs: ['anchor'],
    // At most: the anchor reads every token.
    work: ({ threshold }) => ({ completionFactor: threshold === 0 ? 1 : 2 }),
    make: (options, { anchor }, record) =>
      TE.right(
        decodingDefence({
          name: 'nudging',
          parameters: parametersOf(nudgingOptions, options),
          apply: withSecondModel(anchor, (second, onDispose) =>
            nudging(options, { anchor: second, record, onDispose }),
          ),
        }),
      ),
  }),
]
