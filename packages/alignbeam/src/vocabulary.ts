/** Methods that add up distributions token by token need models of one vocabulary. */
import * as E from 'fp-ts/Either'
import { type Steps, type Tokenizer, badInput } from '@safe/tensor-core/contracts'
import { type AlignBeamError, tokenizerMissing } from './errors'

const sameTokens = (a: Tokenizer, b: Tokenizer): boolean =>
  a.size === b.size &&
  Array.from({ length: a.size }, (_, id) => id).every((id) => a.token(id) === b.token(id))

/**
 * Whether all tokens of the two models are the same.
 *
 * @param method the method's name, for the message
 * @returns left `TokenizerMissing`, or `VocabularyMismatch` with the ids of both
 */
export const sameVocabulary = (
  second: Pick<Steps, 'id' | 'tokenizer'>,
  draft: Pick<Steps, 'id' | 'tokenizer'>,
  method: string,
): E.Either<AlignBeamError, void> => {
  if (second.tokenizer === undefined) return E.left(tokenizerMissing(second.id))
  if (draft.tokenizer === undefined) return E.left(tokenizerMissing(draft.id))
  return sameTokens(second.tokenizer, draft.tokenizer)
    ? E.right(undefined)
    : E.left(
        badInput('VocabularyMismatch', `${method} needs models of one vocabulary`, {
          where: `${second.id} and ${draft.id}`,
          remedy: 'use the method alignbeam',
        }),
      )
}
