/** The options of an assertion: `config` in a configuration file of promptfoo. */
import type { InputError } from '@safe/tensor-core/contracts'
import {
  type Given,
  type Values,
  custom,
  decodeConfigured,
  optional,
  text,
  withDefault,
} from '@safe/tensor-core/options'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { type JudgeChoice, judgeChoiceCodec } from '../config/judgeChoice'

const judge = custom(
  'judge: KIND[:MODEL][,option=value], or a mapping with kind or with use and name',
  'JUDGE',
  (u): E.Either<string, JudgeChoice> =>
    pipe(
      judgeChoiceCodec.decode(u),
      E.mapLeft((errors) => errors[0]?.message ?? 'must be a judge'),
    ),
)

/** Options of an assertion. */
export const assertionOptions = {
  judge: withDefault<JudgeChoice>({ kind: 'refusal', model: undefined, options: {} }, judge),
  promptVar: optional(
    text('variable of the test that holds the request; by default the whole prompt is judged', 'NAME'),
  ),
}
/** The options, decoded. */
export type AssertionOptions = Values<typeof assertionOptions>

/** @returns left `BadConfig` with the name of the field */
export const assertionConfig = (given: Given): E.Either<InputError, AssertionOptions> =>
  decodeConfigured(assertionOptions, 'config')(given)
