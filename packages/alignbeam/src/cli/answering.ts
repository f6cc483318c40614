/** How each method of the command answers a batch of prompts. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type CausalLM,
  type Completion,
  type Fault,
  type Generates,
  type GenerationOptions,
  type GenerationRequest,
  type Judge,
  badInput,
} from '@safe/tensor-core/contracts'
import { type Answer, answerBatch } from '../mixing/answer'
import { safetySystemPrompt } from '../defaults'
import { prefixedModel } from '../baselines/prefixedModel'
import { onlyBeam, safeDecodingMixer } from '../baselines/safeDecoding'
import { askedAnchor } from '../rivals/anchorAlone'
import { alignBeamMixer } from '../settings'
import { systemPromptedModel } from '../systemPrompt'
import { type GenerateValues, alignBeamSettingsOf, safeDecodingSettingsOf, systemOf } from './generateOptions'

// model ------------------------------------------------------------------------------------------

/** How a batch of prompts is answered. */
export type Answering = (
  requests: ReadonlyArray<GenerationRequest>,
  generation: GenerationOptions,
) => TE.TaskEither<Fault, ReadonlyArray<Answer>>

/** The models and the judge of a run. */
export interface Cast {
  readonly draft: CausalLM | undefined
  readonly anchor: CausalLM | undefined
  readonly judge: Judge | undefined
  readonly dispose: () => void
}

// one model --------------------------------------------------------------------------------------

const noTelemetry = { steps: 0, mappedMass: 0, support: 0, fallbacks: 0, agreement: 0 }

/** The one completion of a method without beams; it is not judged. */
const only = (completion: Completion): Answer => ({
  completion,
  chosen: 0,
  beams: [{ completion, verdict: null }],
  telemetry: noTelemetry,
  refuses: false,
  draftRefuses: false,
})

const alone =
  (model: Generates): Answering =>
  (requests, generation) =>
    pipe(
      model.generate(requests, generation),
      TE.map((completions) => completions.map(only)),
    )

// methods ----------------------------------------------------------------------------------------

const missing = (field: 'draft' | 'anchor'): E.Either<Fault, never> =>
  E.left(badInput('BadOption', 'is required', { field, remedy: 'give a model folder' }))

/** The method chosen, on these models. */
export const answering = (
  values: GenerateValues,
  { draft, anchor, judge }: Cast,
): E.Either<Fault, Answering> => {
  if (values.method === 'anchor') {
    if (anchor === undefined) return missing('anchor')
    const given = systemOf(values)
    return E.right(alone(askedAnchor(anchor, given === undefined ? safetySystemPrompt : given)))
  }
  if (draft === undefined) return missing('draft')
  switch (values.method) {
    case 'draft':
      return E.right(alone(draft))
    case 'prefix':
      return E.right(alone(prefixedModel(draft, values.prefix)))
    case 'system-prompt':
      return E.right(alone(systemPromptedModel(draft, values.system ?? safetySystemPrompt)))
    case 'safe-decoding': {
      if (anchor === undefined) return missing('anchor')
      return pipe(
        safeDecodingSettingsOf(values),
        E.chainW((settings) => safeDecodingMixer(anchor, draft, settings)),
        E.map((mixer) => answerBatch(anchor, mixer, undefined, onlyBeam)(draft)),
      )
    }
    case 'alignbeam': {
      if (anchor === undefined) return missing('anchor')
      return pipe(
        alignBeamSettingsOf(values),
        E.bindTo('settings'),
        E.bindW('mixer', ({ settings }) => alignBeamMixer(anchor, draft, settings)),
        E.map(({ settings, mixer }) => answerBatch(anchor, mixer, judge, settings)(draft)),
      )
    }
  }
}
