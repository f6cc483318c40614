/** AlignBeam, its baselines and its rivals as plugins of a benchmark (contracts/plugin.ts). */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type DefencePlugin, decodingDefence, noDefence } from '@safe/tensor-core/contracts'
import { definePlugin, parametersOf } from '@safe/tensor-core/options'
import { alignBeam } from './alignBeam'
import {
  alignBeamFidelity,
  prefixFidelity,
  safeDecodingFidelity,
  safeDecodingTunedFidelity,
  systemPromptFidelity,
} from './fidelity'
import { hardPrefix, safetySystem } from './baselines/oneModel'
import {
  alignBeamOptions,
  prefixOptions,
  safeDecodingOptions,
  safeDecodingTunedOptions,
  systemPromptOptions,
} from './options'
import { rivals } from './rivals/plugins'
import { safeDecoding } from './baselines/safeDecoding'
import { expertRows, tunedExpert } from './baselines/tunedExpert'
import { withSecondModel } from './secondModel'
import { refusesByJudge } from './settings'

/** AlignBeam, SafeDecoding, the hard prefix, the safety prompt and the rivals, as a benchmark finds them. */
export const plugins: ReadonlyArray<DefencePlugin> = [
  definePlugin({
    name: 'alignbeam',
    stage: 'decoding',
    fidelity: alignBeamFidelity,
    summary:
      "mixes a small aligned model's next-token distribution into the first tokens of each completion (arXiv 2606.12342)",
    options: alignBeamOptions,
    strength: { options: ['alpha'], values: [0.2, 0.3, 0.4, 0.5, 0.6] },
    needs: ['anchor', 'judge'],
    // Every beam is completed; both models compute the bridge, one beam's step after the other's.
    work: ({ beams, bridgeTokens }, { maxNewTokens }) => ({
      completionFactor: beams + (1 + beams * (bridgeTokens - 1)) / maxNewTokens,
    }),
    make: (given, { anchor, judge }, record) =>
      pipe(
        // Before anything is trained.
        TE.fromEither(refusesByJudge(given, judge)),
        TE.map((options) =>
          options.enabled
            ? decodingDefence({
                name: 'alignbeam',
                parameters: parametersOf(alignBeamOptions, options),
                apply: withSecondModel(anchor, (second, onDispose) =>
                  alignBeam(options, { anchor: second, judge, record, onDispose }),
                ),
              })
            : noDefence.decoding,
        ),
      ),
  }),
  definePlugin({
    name: 'safe-decoding',
    stage: 'decoding',
    fidelity: safeDecodingFidelity,
    summary: 'SafeDecoding (arXiv 2402.08983), the aligned model before fine-tuning as the expert',
    options: safeDecodingOptions,
    strength: { options: ['alpha'], values: [0.5, 1, 2, 3, 5] },
    needs: ['model'],
    work: ({ first }, { maxNewTokens }) => ({ completionFactor: 1 + first / maxNewTokens }),
    make: (options, { model }) =>
      TE.right(
        decodingDefence({
          name: 'safe-decoding',
          parameters: parametersOf(safeDecodingOptions, options),
          apply: withSecondModel(model(), (expert, onDispose) =>
            safeDecoding(options, { expert, onDispose }),
          ),
        }),
      ),
  }),
  definePlugin({
    name: 'safe-decoding-tuned',
    stage: 'decoding',
    fidelity: safeDecodingTunedFidelity,
    summary: 'SafeDecoding (arXiv 2402.08983), with an expert that is fine-tuned on safe rows',
    options: safeDecodingTunedOptions,
    strength: { options: ['alpha'], values: [0.5, 1, 2, 3, 5] },
    needs: ['model', 'train', 'safe'],
    // The expert is trained once for all strengths and adapters: results are kept.
    work: ({ first, epochs }, { maxNewTokens, safe, batchSize }) => ({
      sharedSteps: epochs * Math.ceil(safe / Math.max(1, batchSize)),
      completionFactor: 1 + first / maxNewTokens,
    }),
    make: ({ lr, epochs, ...options }, { safe, ...resources }) =>
      pipe(
        // Before anything is trained.
        TE.fromEither(expertRows(safe)),
        TE.map((rows) =>
          decodingDefence({
            name: 'safe-decoding-tuned',
            parameters: parametersOf(safeDecodingTunedOptions, { ...options, lr, epochs }),
            apply: withSecondModel(tunedExpert(resources, rows)({ lr, epochs }), (expert, onDispose) =>
              safeDecoding(options, { expert, onDispose }),
            ),
          }),
        ),
      ),
  }),
  definePlugin({
    name: 'prefix',
    stage: 'decoding',
    fidelity: prefixFidelity,
    summary: 'baseline: every completion begins with the words of a refusal',
    options: prefixOptions,
    needs: [],
    make: (options) => TE.right(hardPrefix(options)),
  }),
  definePlugin({
    name: 'system-prompt',
    stage: 'decoding',
    fidelity: systemPromptFidelity,
    summary: 'baseline: a safety system prompt before every request',
    options: systemPromptOptions,
    needs: [],
    make: (options) => TE.right(safetySystem(options)),
  }),
  ...rivals,
]
