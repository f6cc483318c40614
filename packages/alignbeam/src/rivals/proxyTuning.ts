/**
 * Proxy tuning (arXiv 2401.08565) as a defence of the decoding stage: every token is chosen from the draft's distribution, shifted by
 * what an aligned expert knows that its model before alignment does not. All three read each token; all share a vocabulary.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type CausalLM,
  type DecodingDefence,
  type RecordDiagnostics,
  type Steps,
  decodingDefence,
} from '@safe/tensor-core/contracts'
import { checked, completed, parametersOf } from '@safe/tensor-core/options'
import type { AlignBeamError } from '../errors'
import { type Step, disposing } from '../mixing/bridging'
import { completeMixed, mixedModel } from '../mixing/mixedModel'
import { type Mixer, openMixed } from '../mixing/mixedSession'
import { scoreBySteps } from '../mixing/scoreBySteps'
import { sameVocabulary } from '../vocabulary'
import { contrastOf } from './contrast'
import { type ProxyTuningOptions, proxyTuningOptions } from './options'
import { proxyTuningMix } from './proxyTuningMix'

// model ------------------------------------------------------------------------------------------

/** What proxy tuning works with. */
export interface ProxyTuningResources {
  /** An aligned model of the draft's vocabulary. It stays the caller's. */
  readonly expert: Steps
  /** The expert before its alignment. It stays the caller's. */
  readonly antiExpert: Steps
  /** Takes what decoding did, over all prompts answered so far. */
  readonly record?: RecordDiagnostics | undefined
  /** Called when the defended model is disposed of: the place to dispose of the two. */
  readonly onDispose?: (() => void) | undefined
}

/** Counts over all prompts. */
interface Tally {
  readonly prompts: number
  readonly steps: number
  /** Steps whose most probable token is also the draft's. */
  readonly agreeing: number
}

// constructors -----------------------------------------------------------------------------------

/** All tokens are mixed, and chosen by the caller's options. */
const mixerOf = (alpha: number): Mixer => ({
  bridgeTokens: Number.POSITIVE_INFINITY,
  mix: proxyTuningMix(alpha),
  reading: (completion) => completion,
  anchorPrompt: (prompt) => TE.right(prompt),
  sampled: true,
})

const added = (sum: Tally, rows: ReadonlyArray<ReadonlyArray<Step>>): Tally => ({
  prompts: sum.prompts + rows.length,
  steps: sum.steps + rows.flat().length,
  agreeing: sum.agreeing + rows.flat().filter(({ agrees }) => agrees).length,
})

/** Adds up what each batch did and records the sums: two models read along, one pass of each for every step. */
const recording = (record: RecordDiagnostics | undefined) => {
  const state: { sum: Tally } = { sum: { prompts: 0, steps: 0, agreeing: 0 } }
  return (rows: ReadonlyArray<ReadonlyArray<Step>>): void => {
    state.sum = added(state.sum, rows)
    const { prompts, steps, agreeing } = state.sum
    record?.({
      prompts,
      steps,
      agreement: steps === 0 ? null : agreeing / steps,
      extraForwardPasses: 2 * steps,
    })
  }
}

const tunedModel = (
  draft: CausalLM,
  { alpha, batchSize }: ProxyTuningOptions,
  { expert, antiExpert, record, onDispose }: ProxyTuningResources,
): CausalLM => {
  const mixer = mixerOf(alpha)
  const contrast = contrastOf(expert, antiExpert)
  const onSteps = recording(record)
  const model = mixedModel(draft, contrast, mixer, {
    id: `proxy-tuning(${draft.id}, ${expert.id}, ${antiExpert.id})`,
    batchSize,
    answer: (requests, generation) =>
      pipe(
        openMixed(contrast, mixer)(draft)(requests.map(({ prompt }) => prompt)),
        TE.chainW((session) =>
          disposing(session, completeMixed(draft, mixer)(session, generation, requests)),
        ),
        TE.tapIO(
          ({ steps }) =>
            () =>
              onSteps(steps),
        ),
        TE.map(({ completions }) => completions),
      ),
    onDispose,
  })
  return {
    ...model,
    score: (examples) =>
      pipe(
        draft.score(examples),
        TE.chain((own) => scoreBySteps(model, batchSize)(examples, own)),
      ),
  }
}

/**
 * Proxy tuning with this expert and anti-expert. Completions follow the caller's generation options, and scores are those of the
 * shifted distributions. A repetition penalty acts on log-probabilities, not on raw logits.
 *
 * @param options what is left out is the paper's
 * @returns a defence whose `apply` ends in `BadOption` (with the field), `TokenizerMissing` or `VocabularyMismatch`
 */
export const proxyTuning = (
  options: Partial<ProxyTuningOptions>,
  resources: ProxyTuningResources,
): DecodingDefence<AlignBeamError> =>
  decodingDefence<AlignBeamError>({
    name: 'proxy-tuning',
    parameters: {
      ...parametersOf(proxyTuningOptions, completed(proxyTuningOptions, options)),
      expert: resources.expert.id,
      antiExpert: resources.antiExpert.id,
    },
    apply: (draft) =>
      TE.fromEither(
        pipe(
          checked(proxyTuningOptions, options),
          E.chainFirstW(() => sameVocabulary(resources.expert, draft, 'proxy tuning')),
          E.chainFirstW(() => sameVocabulary(resources.antiExpert, draft, 'proxy tuning')),
          E.map((settings) => tunedModel(draft, settings, resources)),
        ),
      ),
  })
