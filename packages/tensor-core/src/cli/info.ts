/** `tensor-core info`: which engine runs here and why not another, and what a model folder holds. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { command, modelFolder, adapterFolder, optional } from './kit'
import type { FormatError, LoraAdapter, TensorEntry } from '../contracts'
import { type EngineAvailability, type EngineReport, availableEngines, selectEngine } from '../engine'
import { type ModelFolder, adapterWarnings, notAWeight, openModelFolder, readAdapter } from '../formats'

// model ------------------------------------------------------------------------------------------

interface ModelInfo {
  readonly architecture: string
  readonly modelType: string
  readonly parameters: number
  readonly vocabSize: number
  readonly layers: number
  readonly hiddenSize: number
  readonly dtype: string
}

interface AdapterInfo {
  readonly rank: number | null
  readonly alpha: number | null
  readonly targetModules: unknown
  readonly rslora: boolean
  readonly modules: number
  readonly parameters: number
  readonly dtype: string
  /** What of it is kept but not applied, one line each. */
  readonly warnings: ReadonlyArray<string>
}

// counting ---------------------------------------------------------------------------------------

const longNames: Readonly<Record<string, string>> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
}

const elements = (shape: ReadonlyArray<number>): number => shape.reduce((n, d) => n * d, 1)

/** The dtype that most of the elements are stored in. */
const mainDtype = (tensors: ReadonlyArray<TensorEntry>): string => {
  const counts = new Map<string, number>()
  for (const { dtype, storedAs = dtype, shape } of tensors)
    counts.set(storedAs, (counts.get(storedAs) ?? 0) + elements(shape))
  const [most] = [...counts].sort((a, b) => b[1] - a[1])
  return most === undefined ? 'none' : (longNames[most[0]] ?? most[0])
}

/** Weights are floating point: a model whose weights are not cannot be used. Other tensors are counted and never read. */
const usable = (folder: ModelFolder): E.Either<FormatError, ModelFolder> => {
  const integer = [...folder.weights.tensors].find(
    ([name, { dtype }]) => name.endsWith('.weight') && longNames[dtype] === undefined,
  )
  return integer === undefined
    ? E.right(folder)
    : E.left(notAWeight(folder.weights.name, integer[0], integer[1].dtype))
}

/** A tied head that is stored as well is not counted twice, nor are buffers. */
const modelInfo = ({ config, weights }: ModelFolder): ModelInfo => {
  const tensors = [...weights.tensors]
    .filter(
      ([name]) => !(config.tieWordEmbeddings && name === 'lm_head.weight') && !name.endsWith('inv_freq'),
    )
    .map(([, tensor]) => tensor)
  return {
    architecture: config.architecture,
    modelType: config.modelType,
    parameters: tensors.reduce((n, { shape }) => n + elements(shape), 0),
    vocabSize: config.vocabSize,
    layers: config.layers,
    hiddenSize: config.hiddenSize,
    dtype: mainDtype(tensors),
  }
}

const numberOr = (u: unknown): number | null => (typeof u === 'number' ? u : null)

const adapterInfo = (adapter: LoraAdapter): AdapterInfo => {
  const { config, modules, dtype } = adapter
  return {
    rank: numberOr(config['r']),
    alpha: numberOr(config['lora_alpha']),
    targetModules: config['target_modules'] ?? null,
    rslora: config['use_rslora'] === true,
    modules: modules.length,
    parameters: modules.reduce((n, { A, B }) => n + A.data.length + B.data.length, 0),
    dtype: longNames[dtype] ?? dtype,
    warnings: adapterWarnings(adapter),
  }
}

// text -------------------------------------------------------------------------------------------

const engineText = (
  report: EngineReport,
  engines: ReadonlyArray<EngineAvailability>,
): ReadonlyArray<string> => [
  `engine   ${report.engine} on ${report.device}${report.gpu ? ' (GPU)' : ''}`,
  `versions ${Object.entries(report.versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')}`,
  ...engines.map(
    ({ name, available, reason, note }) =>
      `  ${name.padEnd(7)} ${available ? 'available' : (reason ?? 'not available')}${note === undefined ? '' : ` (${note})`}`,
  ),
]

const modelText = (m: ModelInfo): string =>
  `model    ${m.architecture}, ${m.parameters} parameters (${m.dtype}), ${m.layers} layers of ${m.hiddenSize}, vocabulary ${m.vocabSize}`

const adapterText = (a: AdapterInfo): string =>
  `adapter  rank ${a.rank ?? '?'}, alpha ${a.alpha ?? '?'}, ${a.modules} modules, ${a.parameters} parameters (${a.dtype})`

// command ----------------------------------------------------------------------------------------

const optionally = <A, B>(
  path: string | undefined,
  read: (path: string) => TE.TaskEither<FormatError, A>,
  describe: (a: A) => B,
): TE.TaskEither<FormatError, B | undefined> =>
  path === undefined ? TE.right(undefined) : pipe(read(path), TE.map(describe))

export const infoCommand = command({
  name: 'info',
  description: 'shows the tensor engine of this machine, and what a model or an adapter holds',
  example: 'tensor-core info --model models/base',
  options: {
    model: optional(modelFolder('a Hugging Face model folder, a .gguf file, or hub:ORG/NAME')),
    adapter: optional(adapterFolder('a PEFT adapter folder, or hub:ORG/NAME')),
  },
  run: (values, context) =>
    pipe(
      TE.Do,
      TE.bind('model', () =>
        optionally(values.model, (path) => pipe(openModelFolder(path), TE.chainEitherK(usable)), modelInfo),
      ),
      TE.bind('adapter', () => optionally(values.adapter, readAdapter, adapterInfo)),
      TE.bindW('report', () => selectEngine(context.common.engine)),
      TE.bindW('engines', () => TE.fromTask(availableEngines)),
      TE.map(({ report, engines, model, adapter }) => {
        const { engine, device, gpu, versions, warning } = report
        if (warning !== undefined) context.warn(warning)
        adapter?.warnings.forEach(context.warn)
        return {
          json: {
            ...{ engine, device, gpu, versions, engines },
            ...(warning === undefined ? {} : { warnings: [warning] }),
            ...(model === undefined ? {} : { model }),
            ...(adapter === undefined ? {} : { adapter }),
          },
          text: [
            ...engineText(report, engines),
            ...(model === undefined ? [] : [modelText(model)]),
            ...(adapter === undefined ? [] : [adapterText(adapter)]),
          ].join('\n'),
        }
      }),
    ),
})
