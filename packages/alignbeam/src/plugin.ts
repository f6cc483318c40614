/** AlignBeam and its baselines as plugins of a benchmark (contracts/plugin.ts). */
import type * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type {
  CausalLM,
  DecodingDefence,
  DefenceError,
  DefencePlugin,
  InputError,
  Parameters,
  Workbench,
} from '@safe/tensor-core/contracts'
import { alignBeam, hardPrefix, safeDecoding, safetySystem } from './defence'
import { alignBeamOptions, prefixOptions, safeDecodingOptions, systemPromptOptions } from './pluginOptions'

/** A plugin from its options' decoder and what it makes of them. */
const plugin = <O extends Parameters>(
  name: string,
  summary: string,
  decode: (given: Parameters) => E.Either<InputError, O>,
  make: (options: O, bench: Workbench) => DecodingDefence,
): DefencePlugin => ({
  specificationVersion: 1,
  name,
  stage: 'decoding',
  summary,
  complete: (given) =>
    pipe(
      TE.fromEither(decode(given)),
      TE.map((o) => ({ ...o })),
    ),
  create: (given, bench) =>
    pipe(
      TE.fromEither(decode(given)),
      TE.map((o) => ({ ...make(o, bench), name, parameters: { ...o } })),
    ),
})

/** A defence with a second model, which is loaded when it is applied and freed with the defended model. */
const withSecondModel =
  (
    second: TE.TaskEither<DefenceError, CausalLM>,
    defend: (second: CausalLM, onDispose: () => void) => DecodingDefence,
  ): DecodingDefence['apply'] =>
  (draft) =>
    pipe(
      second,
      TE.chain((model) =>
        pipe(
          defend(model, () => model.dispose()).apply(draft),
          TE.mapLeft((e) => {
            model.dispose()
            return e
          }),
        ),
      ),
    )

/** AlignBeam, SafeDecoding, the hard prefix and the safety prompt, as a benchmark finds them. */
export const plugins: ReadonlyArray<DefencePlugin> = [
  plugin(
    'alignbeam',
    "mixes a small aligned model's next-token distribution into the first tokens of each completion (arXiv 2606.12342)",
    alignBeamOptions,
    ({ enabled, ...settings }, bench) => ({
      stage: 'decoding',
      name: 'alignbeam',
      parameters: {},
      apply: enabled
        ? withSecondModel(bench.anchor, (anchor, onDispose) =>
            alignBeam(anchor, bench.judge, { ...settings, onDispose }),
          )
        : (draft) => TE.right(draft),
    }),
  ),
  plugin(
    'safe-decoding',
    'SafeDecoding (arXiv 2402.08983), the aligned model before fine-tuning as the expert',
    safeDecodingOptions,
    (settings, bench) => ({
      stage: 'decoding',
      name: 'safe-decoding',
      parameters: {},
      apply: withSecondModel(bench.model(), (expert, onDispose) =>
        safeDecoding(expert, { ...settings, onDispose }),
      ),
    }),
  ),
  plugin(
    'prefix',
    'baseline: every completion begins with the words of a refusal',
    prefixOptions,
    ({ prefix }) => hardPrefix(prefix),
  ),
  plugin(
    'system-prompt',
    'baseline: a safety system prompt before every request',
    systemPromptOptions,
    ({ system }) => safetySystem(system),
  ),
]
