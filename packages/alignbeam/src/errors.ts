/** What can go wrong in this package. */
import { type Fault, type LmError, badInput } from '@safe/tensor-core/contracts'

/** `TokenizerMissing`: a model has none; `VocabularyMismatch`: the models of SafeDecoding and of proxy tuning share theirs. */
export type AlignBeamError =
  Fault<'TokenizerMissing' | 'VocabularyMismatch' | 'BadOption' | 'JudgeFailed'> | LmError

export const tokenizerMissing = (model: string): AlignBeamError =>
  badInput('TokenizerMissing', 'has no tokenizer, so its tokens cannot be bridged', {
    where: model,
    remedy: 'put tokenizer.json beside its weights',
  })
