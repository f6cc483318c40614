/** The ids that end a completion: `eos_token_id` of generation_config.json (one id or a list), else of config.json. */
import * as t from 'io-ts'
import { pipe } from 'fp-ts/function'
import * as E from 'fp-ts/Either'
import type { FormatError } from '../../contracts'
import { decodeAs } from '../../files/decode'
import type { ModelConfig } from './config'
import { TokenIds } from './readConfig'

const GenerationFields = t.partial(
  { eos_token_id: t.union([TokenIds, t.null]) },
  'a generation configuration',
)

/** @param generation the content of generation_config.json, undefined where the file is absent */
export const stopTokensOf = (
  where: string,
  generation: unknown,
  config: ModelConfig,
): E.Either<FormatError, ReadonlySet<number>> =>
  generation === undefined
    ? E.right(new Set(config.eosTokenIds))
    : pipe(
        decodeAs<FormatError['_tag']>('FileDamaged')(GenerationFields, where)(generation),
        E.map(({ eos_token_id: ids }) =>
          ids === null || ids === undefined
            ? new Set(config.eosTokenIds)
            : new Set(typeof ids === 'number' ? [ids] : ids),
        ),
      )
