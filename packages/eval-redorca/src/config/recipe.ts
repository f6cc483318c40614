/** The fine-tuning recipe of a configuration: the options of `tensor-core train`, with a suite's own defaults. */
import * as t from 'io-ts'
import type { TrainingRecipe } from '@safe/tensor-core/lm'
import {
  atLeastZero,
  closed,
  count,
  oneOf,
  optional,
  positive,
  share,
  wholeFromZero,
  withDefault,
} from './closed'

const modules = t.union([t.string, t.readonlyArray(t.string)])
export const recipeCodec = (fallback: TrainingRecipe): t.Type<TrainingRecipe, unknown> => {
  const c = closed({
    rank: withDefault(count, fallback.rank),
    alpha: withDefault(positive, fallback.alpha),
    dropout: withDefault(share, fallback.dropout),
    targetModules: withDefault(modules, fallback.targetModules),
    lr: withDefault(positive, fallback.lr),
    epochs: withDefault(count, fallback.epochs),
    maxSteps: optional(count),
    batchSize: withDefault(count, fallback.batchSize),
    accumulate: withDefault(count, fallback.accumulate),
    maxLength: withDefault(count, fallback.maxLength),
    warmupSteps: withDefault(wholeFromZero, fallback.warmupSteps),
    schedule: withDefault(oneOf('constant', 'linear', 'cosine'), fallback.schedule),
    weightDecay: withDefault(atLeastZero, fallback.weightDecay),
    clip: withDefault(atLeastZero, fallback.clip),
    loss: withDefault(oneOf('example', 'token'), fallback.loss),
    shuffle: withDefault(t.boolean, fallback.shuffle),
    beta1: withDefault(share, fallback.beta1),
    beta2: withDefault(share, fallback.beta2),
  })
  return new t.Type<TrainingRecipe, unknown>(
    'a mapping',
    (u): u is TrainingRecipe => c.is(u),
    (u, x) => {
      const v = c.validate(u, x)
      if (v._tag === 'Left') return v
      const { maxSteps, targetModules, ...rest } = v.right
      return t.success({
        ...rest,
        targetModules: typeof targetModules === 'string' ? [targetModules] : targetModules,
        ...(maxSteps === undefined ? {} : { maxSteps }),
      })
    },
    (a) => a,
  )
}
