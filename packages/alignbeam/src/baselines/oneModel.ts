/** Baselines of one model, as defences of the decoding stage: opening words, and a system prompt. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type DecodingDefence, type InputError, decodingDefence } from '@safe/tensor-core/contracts'
import { decodeOptions, parametersOf } from '@safe/tensor-core/options'
import { type PrefixOptions, type SystemPromptOptions, prefixOptions, systemPromptOptions } from '../options'
import { prefixedModel } from './prefixedModel'
import { systemPromptedModel } from '../systemPrompt'

/** Begins every completion with the same words (default: those of a refusal). */
export const hardPrefix = (options: PrefixOptions = {}): DecodingDefence<InputError> => {
  const complete = decodeOptions(prefixOptions, options)
  return decodingDefence<InputError>({
    name: 'prefix',
    parameters: E.isRight(complete) ? parametersOf(prefixOptions, complete.right) : { ...options },
    apply: (model) =>
      pipe(
        TE.fromEither(complete),
        TE.map(({ prefix }) => prefixedModel(model, prefix)),
      ),
  })
}

/** Puts a system prompt before every prompt (default: `safetySystemPrompt`). */
export const safetySystem = (options: SystemPromptOptions = {}): DecodingDefence<InputError> => {
  const complete = decodeOptions(systemPromptOptions, options)
  return decodingDefence<InputError>({
    name: 'system-prompt',
    parameters: E.isRight(complete) ? parametersOf(systemPromptOptions, complete.right) : { ...options },
    apply: (model) =>
      pipe(
        TE.fromEither(complete),
        TE.map(({ system }) => systemPromptedModel(model, system)),
      ),
  })
}
