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
import type { ForgettingPorts } from './rates/measureForgetting'
import { observe } from './rates/observe'
import { observedInParts } from './rates/observedParts'
import { readObservations } from './rates/records'

// model ------------------------------------------------------------------------------------------

/** What is trained: M1 on the noisy rows, M2 on the safe rows, or the result on the rows that were kept. */
export type Phase = 'noisy' | 'safe' | 'kept'

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
  readonly observing: (model: string, rows: number) => (done: number) => void
}

/** Everything that decides the results beside the data, as plain JSON. */
export interface Deciding {
  readonly model: string
  readonly noisyRecipe: unknown
  readonly safeRecipe: unknown
  /** Longest completion, tokens; default 128. */
  readonly maxNewTokens: number | undefined
}

/** M1, M2, or the adapter trained on the rows that were kept. */
export type TrainedName = 'M1' | 'M2' | 'final'

/** A trained adapter and the hash of what decides it. */
export interface Trained<N extends string = TrainedName> {
  readonly name: N
  readonly folder: string
  readonly key: string
}

// keys -------------------------------------------------------------------------------------------

/** A hash of the rows, whatever their file looks like. */
export const dataKey = (data: Dataset): string =>
  contentHash(data.examples.map(({ id, prompt, response }) => ({ id, prompt, response })))

// constructors -----------------------------------------------------------------------------------

const DEFAULT_MAX_NEW_TOKENS = 128
const ADAPTER_FILE = 'adapter_model.safetensors'

/** A training whose result is kept: what is trained, and what decides the result. */
export interface KeptTraining<N extends string> {
  readonly name: N
  readonly phase: Phase
  readonly data: Dataset
  readonly decides: unknown
  readonly init?: string
}

/** Trainings whose results are kept in the work folder: a training that is there already is not repeated. */
export const trainedIn =
  (work: string, { train }: Pick<ModelPorts, 'train'>) =>
  <N extends string>({
    name,
    phase,
    data,
    decides,
    init,
  }: KeptTraining<N>): TE.TaskEither<Fault, Trained<N>> => {
    const key = contentHash(decides)
    const folder = join(work, `${name.toLowerCase()}-${key}`)
    return pipe(
      // An adapter's weights are the last thing a training writes.
      existsSync(join(folder, ADAPTER_FILE))
        ? TE.right(undefined)
        : train({ phase, data, out: folder, ...(init === undefined ? {} : { init }) }),
      TE.map(() => ({ name, folder, key })),
    )
  }

/** Step 5: the aligned model trained on the rows that were kept, with the recipe of the noisy phase. */
export const finalAdapter = (
  work: string,
  ports: Pick<ModelPorts, 'train'>,
  kept: Dataset,
  { model, noisyRecipe }: Deciding,
): TE.TaskEither<Fault, Trained> =>
  trainedIn(
    work,
    ports,
  )({
    name: 'final',
    phase: 'kept',
    data: kept,
    decides: { model, recipe: noisyRecipe, data: dataKey(kept) },
  })

/** A model whose observations are kept: its name for file names and progress, and the hash of what decides it. */
export interface Observable {
  readonly name: string
  readonly key: string
}

/** Opens models and says how far their observation is. */
export interface ObservingPorts<M extends Observable> {
  readonly open: (model: M) => TE.TaskEither<Fault, Generates & Scores>
  readonly observing: (model: M, rows: number) => (done: number) => void
}

/** Observations of models, each kept in the work folder under what decides it. */
export const observedIn =
  <M extends Observable>(
    work: string,
    { open, observing }: ObservingPorts<M>,
    maxNewTokens: number = DEFAULT_MAX_NEW_TOKENS,
  ): ForgettingPorts<M>['observe'] =>
  (model, data, field) => {
    const kind = field === 'completion' ? 'completions' : 'scores'
    const key = contentHash({
      model: model.key,
      data: dataKey(data),
      ...(kind === 'completions' ? { maxNewTokens } : {}),
    })
    const path = join(work, `${kind}-${model.name.toLowerCase()}-${key}.jsonl`)
    const observed = (): TE.TaskEither<Fault, void> =>
      TE.bracket(
        open(model),
        (lm) =>
          observedInParts({
            path,
            data,
            field,
            look: (examples) => observe(lm, examples, field, { maxNewTokens }),
            onRows: observing(model, data.examples.length),
          }),
        (lm) => TE.fromIO(() => lm.dispose()),
      )
    return pipe(
      existsSync(path) ? TE.right(undefined) : observed(),
      TE.chainW(() => readObservations(path, field)),
      TE.map(({ rows }) => rows),
    )
  }

/** ForgetFilter's ports over a work folder. */
export const keptPorts = (
  work: string,
  ports: ModelPorts,
  safe: Dataset,
  deciding: Deciding,
): ForgettingPorts<Trained> => {
  const train = trainedIn(work, ports)
  return {
    learn: (noisy) =>
      train({
        name: 'M1',
        phase: 'noisy',
        data: noisy,
        decides: { model: deciding.model, recipe: deciding.noisyRecipe, data: dataKey(noisy) },
      }),
    forget: (m1) =>
      train({
        name: 'M2',
        phase: 'safe',
        data: safe,
        decides: { from: m1.key, recipe: deciding.safeRecipe, data: dataKey(safe) },
        init: m1.folder,
      }),
    observe: observedIn(
      work,
      {
        open: ({ folder }) => ports.open(folder),
        observing: ({ name }, rows) => ports.observing(name, rows),
      },
      deciding.maxNewTokens,
    ),
  }
}
