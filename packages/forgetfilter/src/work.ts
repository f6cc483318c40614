/**
 * A work folder: every expensive result is kept there, complete or not at all, under a name that is a hash of what decides it. The
 * same work, requested again after an interruption or with another threshold, is read and not repeated.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Dataset, Fault, Generates, Scores } from '@safe/tensor-core/contracts'
import { contentHash } from '@safe/tensor-core/files'
import { writeJsonl } from '@safe/tensor-core/formats'
import type { ForgettingPorts } from './measureForgetting'
import { observe } from './observe'
import { readObservations } from './records'

// model ------------------------------------------------------------------------------------------

export type Phase = 'noisy' | 'safe'

/** What trains and what opens models; adapters live in folders. */
export interface ModelPorts {
  /** Trains an adapter into `out`, from the adapter in `init` where given, and continues what an earlier attempt left there. */
  readonly train: (job: {
    readonly phase: Phase
    readonly data: Dataset
    readonly init?: string
    readonly out: string
  }) => TE.TaskEither<Fault, void>
  /** The aligned model with an adapter; the caller disposes of it. */
  readonly open: (adapter: string) => TE.TaskEither<Fault, Generates & Scores>
  /** Called before a model observes the rows; the returned function is called with the number of rows done since its last call. */
  readonly observing: (model: 'M1' | 'M2', rows: number) => (done: number) => void
}

/** Everything that decides the results beside the data, as plain JSON. */
export interface Deciding {
  readonly model: string
  readonly noisyRecipe: unknown
  readonly safeRecipe: unknown
  readonly maxNewTokens: number
}

/** A trained adapter and the hash of what decides it. */
export interface Trained {
  readonly name: 'M1' | 'M2'
  readonly folder: string
  readonly key: string
}

// keys -------------------------------------------------------------------------------------------

/** A hash of the rows, whatever their file looks like. */
const dataKey = (data: Dataset): string =>
  contentHash(data.examples.map(({ id, prompt, response }) => ({ id, prompt, response })))

// constructors -----------------------------------------------------------------------------------

const ADAPTER_FILE = 'adapter_model.safetensors'

/** ForgetFilter's ports over a work folder. */
export const keptPorts = (
  work: string,
  ports: ModelPorts,
  safe: Dataset,
  deciding: Deciding,
): ForgettingPorts<Trained> => {
  const train = (
    name: 'M1' | 'M2',
    phase: Phase,
    data: Dataset,
    decides: unknown,
    init?: string,
  ): TE.TaskEither<Fault, Trained> => {
    const key = contentHash(decides)
    const folder = join(work, `${name.toLowerCase()}-${key}`)
    return pipe(
      // An adapter's weights are the last thing a training writes.
      existsSync(join(folder, ADAPTER_FILE))
        ? TE.right(undefined)
        : ports.train({ phase, data, out: folder, ...(init === undefined ? {} : { init }) }),
      TE.map(() => ({ name, folder, key })),
    )
  }
  return {
    learn: (noisy) =>
      train('M1', 'noisy', noisy, {
        model: deciding.model,
        recipe: deciding.noisyRecipe,
        data: dataKey(noisy),
      }),
    forget: (m1) =>
      train(
        'M2',
        'safe',
        safe,
        { from: m1.key, recipe: deciding.safeRecipe, data: dataKey(safe) },
        m1.folder,
      ),
    observe: (model, data, field) => {
      const kind = field === 'completion' ? 'completions' : 'scores'
      const key = contentHash({
        model: model.key,
        data: dataKey(data),
        ...(kind === 'completions' ? { maxNewTokens: deciding.maxNewTokens } : {}),
      })
      const path = join(work, `${kind}-${model.name.toLowerCase()}-${key}.jsonl`)
      const observed = (): TE.TaskEither<Fault, void> =>
        TE.bracket(
          ports.open(model.folder),
          (lm) =>
            pipe(
              observe(lm, data.examples, field, {
                maxNewTokens: deciding.maxNewTokens,
                onRows: ports.observing(model.name, data.examples.length),
              }),
              TE.chainW((rows) => writeJsonl(path, rows)),
            ),
          (lm) => TE.fromIO(() => lm.dispose()),
        )
      return pipe(
        existsSync(path) ? TE.right(undefined) : observed(),
        TE.chainW(() => readObservations(path, field)),
        TE.map(({ rows }) => rows),
      )
    },
  }
}
