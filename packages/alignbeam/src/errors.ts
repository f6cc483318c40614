/** What can go wrong in this package, and how faults of judges become those of a model. */
import { type Fault, type LmError, badInput, failure, interrupted } from '@safe/tensor-core/contracts'

/** `TokenizerMissing`: a model has none; `VocabularyMismatch`: SafeDecoding's models must share theirs. */
export type AlignBeamError =
  Fault<'TokenizerMissing' | 'VocabularyMismatch' | 'BadOption' | 'JudgeFailed'> | LmError

/** A fault of any tag as one a `CausalLM` may give. */
export const asLmError = (f: Fault): LmError => {
  const details = {
    ...(f.where === undefined ? {} : { where: f.where }),
    ...(f.remedy === undefined ? {} : { remedy: f.remedy }),
  }
  switch (f.kind) {
    case 'input':
      return badInput('BadOption', f.message, details)
    case 'interrupted':
      return interrupted('Interrupted', f.message, details)
    case 'failure':
      return failure('ModelFailed', f.message, details)
  }
}

export const tokenizerMissing = (model: string): AlignBeamError =>
  badInput('TokenizerMissing', 'has no tokenizer, so its tokens cannot be bridged', {
    where: model,
    remedy: 'put tokenizer.json beside its weights',
  })
