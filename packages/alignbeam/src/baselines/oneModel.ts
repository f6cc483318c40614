/** Baselines of one model, as defences of the decoding stage: opening words, and a system prompt. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type DecodingDefence, type InputError, decodingDefence } from '@safe/tensor-core/contracts'
import { checked, completed, parametersOf } from '@safe/tensor-core/options'
import { type PrefixOptions, type SystemPromptOptions, prefixOptions, systemPromptOptions } from '../options'
import { prefixedModel } from './prefixedModel'
import { systemPromptedModel } from '../systemPrompt'

/** Begins every completion with the same words (default: those of a refusal). */
export const hardPrefix = (options: Partial<PrefixOptions> = {}): DecodingDefence<InputError> =>
  decodingDefence<InputError>({
    name: 'prefix',
    parameters: parametersOf(prefixOptions, completed(prefixOptions, options)),
    apply: (model) =>
      pipe(
        TE.fromEither(checked(prefixOptions, options)),
        TE.map(({ prefix }) => prefixedModel(model, prefix)),
      ),
  })

/** Puts a system prompt before every prompt (default: `safetySystemPrompt`). */
export const safetySystem = (options: Partial<SystemPromptOptions> = {}): DecodingDefence<InputError> =>
  decodingDefence<InputError>({
    name: 'system-prompt',
    parameters: parametersOf(systemPromptOptions, completed(systemPromptOptions, options)),
    apply: (model) =>
      pipe(
        TE.fromEither(checked(systemPromptOptions, options)),
        TE.map(({ system }) => systemPromptedModel(model, system)),
      ),
  })
