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
import { prefixedGenerates } from '../baselines/prefixedModel'
import { onlyBeam, safeDecodingMixer } from '../baselines/safeDecoding'
import { systemOfEither, remoteMixer } from '../remote/remoteMixer'
import { type RemoteModel, isRemote } from '../remote/remoteModel'
import { alignBeamMixer } from '../settings'
import { systemPromptedGenerate } from '../systemPrompt'
import { type GenerateValues, alignBeamSettingsOf, safeDecodingSettingsOf, systemOf } from './generateOptions'

// model ------------------------------------------------------------------------------------------

/** How a batch of prompts is answered. */
export type Answering = (
  requests: ReadonlyArray<GenerationRequest>,
  generation: GenerationOptions,
) => TE.TaskEither<Fault, ReadonlyArray<Answer>>

/** The models and the judge of a run. */
export interface Cast {
  readonly draft: CausalLM | RemoteModel | undefined
  readonly anchor: CausalLM | RemoteModel | undefined
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
  (model: Pick<Generates, 'generate'>): Answering =>
  (requests, generation) =>
    pipe(
      model.generate(requests, generation),
      TE.map((completions) => completions.map(only)),
    )

// methods ----------------------------------------------------------------------------------------

const missing = (field: 'draft' | 'anchor'): E.Either<Fault, never> =>
  E.left(badInput('BadOption', 'is required', { field, remedy: 'give a model folder' }))

/** A method that adds up distributions token by token cannot use what a server tells. */
const refusedOf = (field: 'draft' | 'anchor', method: string): E.Either<Fault, never> =>
  E.left(
    badInput(
      'BadOption',
      `must be a model folder for ${method}: a server tells the most probable tokens alone`,
      { field, remedy: 'give a model folder, or use the method alignbeam' },
    ),
  )

const mixing = (
  values: GenerateValues,
  anchor: CausalLM | RemoteModel,
  draft: CausalLM | RemoteModel,
  judge: Judge | undefined,
): E.Either<Fault, Answering> =>
  pipe(
    alignBeamSettingsOf(values),
    E.chainW((settings): E.Either<Fault, Answering> =>
      isRemote(anchor) || isRemote(draft)
        ? pipe(
            remoteMixer(anchor, draft, settings),
            E.map((mixer) => answerBatch(anchor, mixer, judge, settings)(draft)),
          )
        : pipe(
            alignBeamMixer(anchor, draft, settings),
            E.map((mixer) => answerBatch(anchor, mixer, judge, settings)(draft)),
          ),
    ),
  )

/** The method chosen, on these models. */
export const answering = (
  values: GenerateValues,
  { draft, anchor, judge }: Cast,
): E.Either<Fault, Answering> => {
  if (values.method === 'anchor') {
    if (anchor === undefined) return missing('anchor')
    const given = systemOf(values)
    const system = systemOfEither(anchor, given === undefined ? safetySystemPrompt : given)
    return E.right(alone(system === null ? anchor : { generate: systemPromptedGenerate(anchor, system) }))
  }
  if (draft === undefined) return missing('draft')
  switch (values.method) {
    case 'draft':
      return E.right(alone(draft))
    case 'prefix':
      return E.right(alone(prefixedGenerates(draft, values.prefix)))
    case 'system-prompt':
      return E.right(alone({ generate: systemPromptedGenerate(draft, values.system ?? safetySystemPrompt) }))
    case 'safe-decoding': {
      if (anchor === undefined) return missing('anchor')
      if (isRemote(draft)) return refusedOf('draft', values.method)
      if (isRemote(anchor)) return refusedOf('anchor', values.method)
      return pipe(
        safeDecodingSettingsOf(values),
        E.chainW((settings) => safeDecodingMixer(anchor, draft, settings)),
        E.map((mixer) => answerBatch(anchor, mixer, undefined, onlyBeam)(draft)),
      )
    }
    case 'alignbeam': {
      if (anchor === undefined) return missing('anchor')
      return mixing(values, anchor, draft, judge)
    }
  }
}
