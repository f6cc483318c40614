/** The model that `--reference-loss kl` keeps to, and the references it continues. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as T from 'fp-ts/Task'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import {
  type Context,
  type Progress,
  type Values,
  count,
  optional,
  startEngine,
  stopping,
  text,
  withDefault,
} from '@safe/tensor-core/cli'
import { type Dataset, type Example, type Fault, badInput } from '@safe/tensor-core/contracts'
import { contentHash } from '@safe/tensor-core/files'
import { readRows, writeJsonl } from '@safe/tensor-core/formats'
import { type Origin, type RowChoice, loadCausalLM } from '@safe/tensor-core/lm'
import { continued, isPromptOnly, withContinuations } from '../continuations'

// options ----------------------------------------------------------------------------------------

export const originTable = {
  origin: optional(
    text(
      'the model that kl keeps to: base (the model without an adapter), an adapter or a model folder; default the model as training starts',
      'base|DIR',
    ),
  ),
  referenceTokens: withDefault(
    128,
    count('longest continuation, in tokens, of a reference without a response (kl)'),
  ),
}

/** A folder with an adapter's configuration is an adapter, any other a model. */
export const originOf = ({ origin }: Pick<Values<typeof originTable>, 'origin'>): Origin | undefined =>
  origin === undefined
    ? undefined
    : origin === 'base'
      ? { kind: 'base' }
      : existsSync(join(origin, 'adapter_config.json'))
        ? { kind: 'adapter', adapter: origin }
        : { kind: 'model', folder: origin }

/** @returns left where an origin is given that nothing is measured from */
export const checkOrigin = ({
  origin,
  referenceLoss,
}: Pick<Values<typeof originTable>, 'origin'> & { readonly referenceLoss: string }): E.Either<Fault, void> =>
  origin === undefined || referenceLoss === 'kl'
    ? E.right(undefined)
    : E.left(
        badInput('BadOption', 'has no effect without `referenceLoss` kl', {
          field: 'origin',
          remedy: 'leave it out, or use kl',
        }),
      )

// continuing -------------------------------------------------------------------------------------

/** Which model writes continuations, and where they are kept. */
export interface ContinuedBy extends RowChoice {
  readonly model: string
  readonly init: string | undefined
  readonly origin: Origin | undefined
  readonly maxNewTokens: number
  readonly batchSize: number
  /** JSONL of {index, id, tokens, text?, key}: the same prompts and model are not continued again. */
  readonly keep: string
  /** Of the model that writes. */
  readonly fingerprint: string
}

const Kept = t.type({ index: t.number, tokens: t.readonlyArray(t.number), key: t.string })

const keyOf = (by: ContinuedBy, rows: ReadonlyArray<Example>): string => {
  const { model, init, origin, maxNewTokens, fingerprint, template, noEos } = by
  return contentHash({
    ...{ model, init, origin, maxNewTokens, fingerprint, template, noEos },
    prompts: rows.map(({ id, prompt }) => ({ id, prompt })),
  })
}

type Tokens = ReadonlyArray<ReadonlyArray<number>>

/** What an earlier run of the same work has kept; undefined where there is none. */
const kept = (path: string, key: string, prompts: number): T.Task<Tokens | undefined> =>
  existsSync(path)
    ? pipe(
        readRows(path),
        TE.match(
          () => undefined,
          (rows) => {
            const tokens = rows.flatMap(({ value }) =>
              Kept.is(value) && value.key === key ? [value.tokens] : [],
            )
            return tokens.length === prompts ? tokens : undefined
          },
        ),
      )
    : T.of(undefined)

const chosenModel = ({
  model,
  init,
  origin,
}: ContinuedBy): { readonly model: string; readonly adapter?: string } => {
  const adapter =
    origin === undefined
      ? init
      : origin.kind === 'adapter' && typeof origin.adapter === 'string'
        ? origin.adapter
        : undefined
  return {
    model: origin?.kind === 'model' ? origin.folder : model,
    ...(adapter === undefined ? {} : { adapter }),
  }
}

/** The references with those that are prompts alone continued by the origin; nothing is loaded where there are none. */
export const continuedReferences =
  (context: Context, by: ContinuedBy) =>
  (pool: Dataset): TE.TaskEither<Fault, Dataset> => {
    const prompts = pool.examples.filter(isPromptOnly)
    if (prompts.length === 0) return TE.right(pool)
    const key = keyOf(by, prompts)
    const state: { progress?: Progress } = {}
    const written = pipe(
      startEngine(context),
      TE.chainW(() =>
        TE.bracketW(
          loadCausalLM({
            ...chosenModel(by),
            dtype: context.common.dtype,
            signal: context.signal,
            onWarning: context.warn,
            ...(by.template === undefined ? {} : { template: by.template }),
          }),
          (lm) => {
            const progress = context.progress('continue references', prompts.length)
            state.progress = progress
            return withContinuations(
              lm,
              { name: pool.name, examples: prompts },
              {
                maxNewTokens: by.maxNewTokens,
                batchSize: by.batchSize,
                onProgress: (n) => progress.tick(n),
              },
            )
          },
          (lm) => TE.fromIO(() => lm.dispose()),
        ),
      ),
      TE.map(({ examples }) =>
        examples.map(({ response }) => (response.kind === 'tokens' ? response.tokens : [])),
      ),
      TE.chainFirstW((tokens) =>
        writeJsonl(
          by.keep,
          tokens.map((own, index) => ({ index, id: prompts[index]?.id, tokens: own, key })),
        ),
      ),
      stopping(() => state.progress),
    )
    return pipe(
      TE.fromTask(kept(by.keep, key, prompts.length)),
      TE.chainW((found): TE.TaskEither<Fault, Tokens> => (found === undefined ? written : TE.right(found))),
      TE.map((tokens) => {
        const of = new Map(prompts.map((row, i) => [row, tokens[i] ?? []]))
        return {
          ...pool,
          examples: pool.examples.map((row) => {
            const own = of.get(row)
            return own === undefined ? row : continued(row, own)
          }),
        }
      }),
    )
  }
