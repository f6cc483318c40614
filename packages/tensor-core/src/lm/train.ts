/**
 * Training on a model folder: an adapter (`trainAdapter`) or all weights (`trainModel`), and the gradients alone for those who
 * score without training (`openGradientOracle`).
 */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Dataset,
  type DefenceError,
  type Example,
  type FormatError,
  type GradientOracle,
  type InputError,
  type LmError,
  type LoraAdapter,
  type TrainingDefence,
  badInput,
  causeLine,
  failure,
  noDefence,
  plainRule,
} from '../contracts'
import { tf } from '../engine'
import { readAdapter, writeAdapter, writeModelFolder } from '../formats'
import type { EncodedRow } from './decoder/batch'
import { loadWeights } from './inference/load'
import { type OpenedModel, adapterOf, nameOf, openModel } from './openModel'
import { type EncodedRows, encodingWarnings } from '../text'
import { type RowChoice, encodeDataset } from './rows'
import { type AdapterStart, adapterFrom, adapterStart } from './training/adapterSlots'
import { removeCheckpoints } from './training/checkpoint'
import type { LogRow } from './training/log'
import { type LoopSettings, trainLoop } from './training/loop'
import { lmOracle } from './training/oracle'
import type { TrainingRecipe } from './training/recipe'
import { type Trainable, fullTrainable, loraTrainable } from './training/trainable'

// model ------------------------------------------------------------------------------------------

export interface TrainingRequest extends RowChoice {
  /** Model folder. */
  readonly model: string
  readonly data: Dataset
  readonly recipe: TrainingRecipe
  readonly seed: number
  /** The defence of the training stage; default none. */
  readonly defence?: TrainingDefence
  /** An adapter to go on from: it brings rank, scale, modules and patterns. */
  readonly init?: string | LoraAdapter
  /** Where the result is written; nothing is written without it. */
  readonly out?: string
  readonly checkpointEvery?: number
  /** Go on from the last checkpoint in `out`, from the start where there is none. */
  readonly resume?: boolean
  /** JSONL of steps. */
  readonly log?: string
  /** JSONL of what the update rule notes (DualSelect's selections). */
  readonly ruleLog?: string
  readonly signal?: AbortSignal
  readonly onStart?: (totalSteps: number, doneSteps: number) => void
  readonly onStep?: (row: LogRow) => void
  readonly onNote?: (note: Readonly<Record<string, unknown>>) => void
  readonly onWarning?: (line: string) => void
}

type TrainingError = LmError | DefenceError

/** A model, its rows, and an oracle over a trainable vector. */
interface Bench {
  readonly opened: OpenedModel
  readonly encoded: EncodedRows
  readonly trainable: Trainable
  readonly start: Float32Array
  readonly dispose: () => void
}

// preparation ------------------------------------------------------------------------------------

const encodeRows = (opened: OpenedModel, request: TrainingRequest): E.Either<LmError, EncodedRows> =>
  pipe(
    encodeDataset(request.data, opened.encoder, opened.folder.config.vocabSize, request.recipe.maxLength),
    E.map((encoded) => {
      encodingWarnings(encoded, request.recipe.maxLength).forEach((line) =>
        request.onWarning?.(`${request.data.name}: ${line}`),
      )
      return encoded
    }),
    E.filterOrElseW(
      ({ rows }) => rows.length > 0,
      (): LmError =>
        badInput('EmptyData', 'holds no row with a response token', {
          where: request.data.name,
          remedy: 'check the rows and --max-length',
        }),
    ),
  )

const adapterBench = (
  request: TrainingRequest,
): TE.TaskEither<TrainingError, Bench & { readonly from: AdapterStart }> =>
  pipe(
    TE.Do,
    TE.bindW('opened', () => openModel(request.model, request)),
    TE.bindW('encoded', ({ opened }) => TE.fromEither(encodeRows(opened, request))),
    TE.bindW('init', () => adapterOf(request.init, request.onWarning)),
    TE.bindW('from', ({ opened, init }) =>
      TE.fromEither(
        adapterStart(
          opened.folder.config,
          request.recipe,
          request.seed,
          request.model,
          init,
          nameOf(request.init),
        ),
      ),
    ),
    TE.bindW('weights', ({ opened }) => loadWeights(opened.folder)),
    TE.map(({ opened, encoded, from, weights }) => ({
      opened,
      encoded,
      from,
      start: from.start,
      trainable: loraTrainable(weights, from.slots),
      dispose: weights.dispose,
    })),
  )

const fullBench = (request: TrainingRequest): TE.TaskEither<TrainingError, Bench> =>
  pipe(
    TE.Do,
    TE.bindW('opened', () => openModel(request.model, request)),
    TE.bindW('encoded', ({ opened }) => TE.fromEither(encodeRows(opened, request))),
    TE.let('trainable', ({ opened }) => fullTrainable(opened.folder.config)),
    TE.bindW('start', ({ opened, trainable }) => async (): Promise<E.Either<LmError, Float32Array>> => {
      const start = new Float32Array(trainable.layout.size)
      for (const slot of trainable.layout.slots) {
        const values = await opened.folder.weights.read(slot.name)()
        if (E.isLeft(values)) return values
        if (values.right.length !== slot.size)
          return E.left(
            badInput(
              'ModelUnsupported',
              `holds ${slot.name} with ${values.right.length} values, config.json asks for ${slot.size}`,
              {
                where: request.model,
              },
            ),
          )
        start.set(values.right, slot.offset)
      }
      return E.right(start)
    }),
    TE.map((b) => ({ ...b, dispose: () => undefined })),
  )

const hashOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex')

/** Everything that decides a run, as one hash: a checkpoint of another run is not gone on from. */
const runHash = (request: TrainingRequest, bench: Bench, kind: string): TE.TaskEither<LmError, string> =>
  pipe(
    bench.opened.folder.fingerprint,
    TE.map((model) =>
      hashOf({
        kind,
        model,
        recipe: request.recipe,
        seed: request.seed,
        defence: { name: request.defence?.name, parameters: request.defence?.parameters },
        start: createHash('sha256').update(bench.start).digest('hex'),
        rows: bench.encoded.rows.map((row) => [row.promptTokens, row.responseTokens]),
      }),
    ),
  )

// running ----------------------------------------------------------------------------------------

const encodeKnown = (
  opened: OpenedModel,
  encoded: EncodedRows,
  maxLength: number,
): ((e: Example) => E.Either<InputError, EncodedRow>) => {
  const known = new Map<Example, EncodedRow>(encoded.rows.map((row) => [row.example, row]))
  return (e) => {
    const row = known.get(e)
    if (row !== undefined) return E.right(row)
    // Rows of another dataset (safety references) are encoded when they are first seen.
    return pipe(
      encodeDataset(
        { name: 'rows', examples: [e] },
        opened.encoder,
        opened.folder.config.vocabSize,
        maxLength,
      ),
      E.chain((d) => {
        const first = d.rows[0]
        return first === undefined
          ? E.left(
              badInput('BadRow', 'has no response token', {
                where: `row ${e.id}`,
                remedy: 'give it a response',
              }),
            )
          : E.right<InputError, EncodedRow>(first)
      }),
      E.map((row) => {
        known.set(e, row)
        return row
      }),
    )
  }
}

const oracleFor = (
  request: TrainingRequest,
  bench: Bench,
  parameters: () => tf.Tensor,
): {
  readonly oracle: GradientOracle<tf.Tensor>
  readonly encode: (e: Example) => E.Either<InputError, EncodedRow>
} => {
  const encode = encodeKnown(bench.opened, bench.encoded, request.recipe.maxLength)
  return {
    encode,
    oracle: lmOracle({
      trainable: bench.trainable,
      parameters,
      encode,
      loss: request.recipe.loss,
      dropout: bench.trainable.full ? 0 : request.recipe.dropout,
      seed: request.seed,
    }),
  }
}

/** What the loop takes from the request as it is, where it is given. */
const passedOn = [
  'out',
  'checkpointEvery',
  'resume',
  'log',
  'ruleLog',
  'signal',
  'onStart',
  'onStep',
  'onNote',
] as const

const givenOf = (request: TrainingRequest): Partial<LoopSettings> =>
  Object.fromEntries(passedOn.flatMap((k) => (request[k] === undefined ? [] : [[k, request[k]]])))

const runLoop = (
  request: TrainingRequest,
  bench: Bench,
  kind: string,
): TE.TaskEither<TrainingError, Float32Array> => {
  const current: { parameters: tf.Tensor | undefined } = { parameters: undefined }
  const { oracle, encode } = oracleFor(request, bench, () => current.parameters ?? tf.zeros([0]))
  const counts = (e: Example): { readonly response: number; readonly all: number } =>
    pipe(
      encode(e),
      E.match(
        () => ({ response: 0, all: 0 }),
        (row) => ({
          response: row.responseTokens.length,
          all: row.promptTokens.length + row.responseTokens.length,
        }),
      ),
    )
  return pipe(
    TE.Do,
    TE.bindW('run', () => runHash(request, bench, kind)),
    TE.bindW('rule', () => (request.defence ?? noDefence.training).apply(plainRule(oracle), oracle)),
    TE.chainW(({ run, rule }) =>
      trainLoop({
        start: bench.start,
        rows: bench.encoded.rows.map((r) => r.example),
        rowNumbers: bench.encoded.rows.map((r) => r.index),
        tokenCounts: counts,
        recipe: request.recipe,
        seed: request.seed,
        rule,
        run,
        publish: (p) => {
          current.parameters = p
        },
        ...givenOf(request),
      }),
    ),
  )
}

const disposing =
  <Err, A>(bench: Bench, work: TE.TaskEither<Err, A>): TE.TaskEither<Err, A> =>
  async () => {
    try {
      return await work()
    } finally {
      bench.dispose()
    }
  }

const attempt = <A>(where: string, work: () => Promise<A>): TE.TaskEither<FormatError, A> =>
  TE.tryCatch(work, (cause) => failure('WriteFailed', causeLine(cause), { where }))

/** Moves the parts of a finished folder into `out`, which may hold checkpoints; the weights come last. */
const settle = (
  out: string,
  parts: ReadonlyArray<string>,
  write: (folder: string) => TE.TaskEither<FormatError, void>,
): TE.TaskEither<FormatError, void> => {
  const folder = join(out, 'finished')
  return pipe(
    attempt(out, () => mkdir(out, { recursive: true })),
    TE.chain(() => write(folder)),
    TE.chain(() =>
      attempt(out, async () => {
        for (const part of parts)
          if (existsSync(join(folder, part))) await rename(join(folder, part), join(out, part))
        await rm(folder, { recursive: true, force: true })
      }),
    ),
    TE.chain(() => removeCheckpoints(out)),
  )
}

/** What an earlier run left in `out` is not this run's result: a run that starts anew takes it away before its first step. */
const startAnew = ({ out, resume }: TrainingRequest, weights: string): TE.TaskEither<LmError, void> =>
  out === undefined || resume === true
    ? TE.right(undefined)
    : pipe(
        attempt(out, () => rm(join(out, weights), { force: true })),
        TE.chain(() => removeCheckpoints(out)),
      )

const ADAPTER_WEIGHTS = 'adapter_model.safetensors'
const MODEL_WEIGHTS = 'model.safetensors'
const ADAPTER_PARTS = ['adapter_config.json', ADAPTER_WEIGHTS]

// public -----------------------------------------------------------------------------------------

/** Trains an adapter; with `out`, it is also written there as PEFT does. */
export const trainAdapter = (request: TrainingRequest): TE.TaskEither<TrainingError, LoraAdapter> => {
  const { out } = request
  if (out !== undefined && request.resume === true && existsSync(join(out, ADAPTER_WEIGHTS)))
    return readAdapter(out)
  return pipe(
    adapterBench(request),
    TE.chainW((bench) =>
      disposing(
        bench,
        pipe(
          startAnew(request, ADAPTER_WEIGHTS),
          TE.chainW(() => runLoop(request, bench, 'adapter')),
          TE.map((trained) => adapterFrom(bench.from, trained)),
        ),
      ),
    ),
    TE.chainFirstW((adapter) =>
      out === undefined
        ? TE.right(undefined)
        : settle(out, ADAPTER_PARTS, (folder) => writeAdapter(folder, adapter)),
    ),
  )
}

/** Trains all weights and writes a model folder with the tokenizer of the one it started from. */
export const trainModel = (
  request: TrainingRequest & { readonly out: string },
): TE.TaskEither<TrainingError, void> =>
  resolve(request.out) === resolve(request.model)
    ? TE.left(
        badInput('BadOption', 'is the model that is trained', {
          where: request.out,
          remedy: 'give another --out',
        }),
      )
    : request.resume === true && existsSync(join(request.out, MODEL_WEIGHTS))
      ? TE.right(undefined)
      : pipe(
          fullBench(request),
          TE.chainW((bench) =>
            pipe(
              disposing(
                bench,
                pipe(
                  startAnew(request, MODEL_WEIGHTS),
                  TE.chainW(() => runLoop(request, bench, 'full')),
                ),
              ),
              TE.chainW((trained) => {
                const { folder } = bench.opened
                return settle(request.out, [...folder.companions, 'config.json', MODEL_WEIGHTS], (target) =>
                  writeModelFolder(target, {
                    config: folder.config,
                    rawConfig: folder.rawConfig,
                    companionsFrom: request.model,
                    tensors: bench.trainable.layout.slots.map((s) => ({
                      name: s.name,
                      dtype: 'F32',
                      shape: s.shape,
                      values: trained.subarray(s.offset, s.offset + s.size),
                    })),
                  }),
                )
              }),
            ),
          ),
        )

export interface OpenOracle {
  readonly oracle: GradientOracle<tf.Tensor>
  /** Rows of the data that have a response token, with their numbers in it. */
  readonly rows: ReadonlyArray<{ readonly example: Example; readonly number: number }>
  readonly dispose: () => void
}

/** Gradients of an adapter's factors (a fresh adapter's, or those of `init`) without training it. */
export const openGradientOracle = (request: TrainingRequest): TE.TaskEither<TrainingError, OpenOracle> =>
  pipe(
    adapterBench(request),
    TE.map((bench) => {
      const parameters = tf.tensor1d(bench.start)
      return {
        oracle: oracleFor(request, bench, () => parameters).oracle,
        rows: bench.encoded.rows.map(({ example, index }) => ({ example, number: index })),
        dispose: () => {
          parameters.dispose()
          bench.dispose()
        },
      }
    }),
  )
