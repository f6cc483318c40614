/** References without a response: with `--reference-loss kl` they are continued by the model that is kept to, else skipped. */
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Context, type Values, rowChoiceOf, type rowOptions } from '@safe/tensor-core/cli'
import type { Inputs } from './inputs'
import { continuedReferences, originOf, type originTable } from './origin'
import type { Complete } from './rows'

/** What a command that continues references has among its values. */
export type CompletingValues = Values<typeof originTable> &
  Values<typeof rowOptions> & {
    readonly model: string
    readonly out: string
    readonly initAdapter: string | undefined
  }

/** What fills in references; undefined where nothing does. Continuations are kept in the output folder. */
export const completing = (
  values: CompletingValues,
  { options, recipe }: Inputs,
  context: Context,
): Complete | undefined =>
  options.referenceLoss !== 'kl'
    ? undefined
    : (opened, pool) =>
        pipe(
          opened.folder.fingerprint,
          TE.chainW((fingerprint) =>
            continuedReferences(context, {
              model: values.model,
              init: values.initAdapter,
              origin: originOf(values),
              maxNewTokens: values.referenceTokens,
              batchSize: recipe.batchSize,
              keep: join(values.out, 'continuations.jsonl'),
              fingerprint,
              ...rowChoiceOf(values),
            })(pool),
          ),
        )
