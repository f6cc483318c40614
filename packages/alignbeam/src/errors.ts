/** What can go wrong in this package. */
import { type Fault, type LmError, badInput } from '@safe/tensor-core/contracts'

/** `TokenizerMissing`: a model has none; `VocabularyMismatch`: SafeDecoding's models must share theirs. */
export type AlignBeamError =
  Fault<'TokenizerMissing' | 'VocabularyMismatch' | 'BadOption' | 'JudgeFailed'> | LmError

export const tokenizerMissing = (model: string): AlignBeamError =>
  badInput('TokenizerMissing', 'has no tokenizer, so its tokens cannot be bridged', {
    where: model,
    remedy: 'put tokenizer.json beside its weights',
  })
