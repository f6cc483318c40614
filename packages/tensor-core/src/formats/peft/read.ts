/** Reading a PEFT adapter folder: adapter_config.json and adapter_model.safetensors. */
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type FormatError,
  type LoraAdapter,
  type LoraModule,
  type StoredDtype,
  badInput,
  matrix,
} from '../../contracts'
import { damaged, kindOf, readError, readJson, unsupported } from '../../files/input'
import { type SafetensorsFile, isStoredDtype, notAWeight, readSafetensors } from '../safetensors'
import { type AdapterFields, decodeAdapterConfig, unknownFields } from './config'
import { headCopy, keyOf } from './keys'
import { type Placement, placementOf } from './placement'

// model ------------------------------------------------------------------------------------------

type Json = Readonly<Record<string, unknown>>

interface Factors {
  readonly A?: string
  readonly B?: string
}

interface Contents {
  /** Tensor names of each module's factors. */
  readonly modules: ReadonlyArray<{ readonly name: string; readonly A: string; readonly B: string }>
  readonly extras: ReadonlyArray<string>
  readonly dtype: StoredDtype
}

export const configName = 'adapter_config.json'
export const weightsName = 'adapter_model.safetensors'
const pickleName = 'adapter_model.bin'

// checks -----------------------------------------------------------------------------------------

const isJsonObject = (u: unknown): u is Json => typeof u === 'object' && u !== null && !Array.isArray(u)

/** Sorts modules by layer number, whatever their order in the file. */
const byName = new Intl.Collator('en', { numeric: true })

const widest = (dtypes: ReadonlyArray<StoredDtype>): StoredDtype => {
  const first = dtypes[0] ?? 'F32'
  return dtypes.every((d) => d === first) ? first : dtypes.includes('F64') ? 'F64' : 'F32'
}

const contentsOf = (file: SafetensorsFile, fields: AdapterFields): E.Either<FormatError, Contents> => {
  const found = new Map<string, Factors>()
  const extras: Array<string> = []
  const dtypes: Array<StoredDtype> = []
  for (const [key, { dtype, shape }] of file.tensors) {
    const meaning = keyOf(key, fields)
    switch (meaning.kind) {
      case 'extra':
        extras.push(key)
        break
      case 'refused':
        return E.left(
          unsupported(file.path, `tensor ${key} belongs to ${meaning.what}, which is not supported`),
        )
      case 'unknown':
        return E.left(
          damaged(
            file.path,
            `tensor ${key} matches no rule of the adapter's configuration`,
            'check that config and weights belong together',
          ),
        )
      case 'factor': {
        if (!isStoredDtype(dtype)) return E.left(notAWeight(file.path, key, dtype))
        if (shape.length !== 2)
          return E.left(
            unsupported(
              file.path,
              `tensor ${key} has ${shape.length} dimensions: only linear layers are supported`,
            ),
          )
        const factors = found.get(meaning.module) ?? {}
        if (factors[meaning.factor] !== undefined)
          return E.left(damaged(file.path, `module ${meaning.module} has two tensors lora_${meaning.factor}`))
        found.set(meaning.module, { ...factors, [meaning.factor]: key })
        dtypes.push(dtype)
      }
    }
  }
  const modules: Array<{ name: string; A: string; B: string }> = []
  for (const [name, { A, B }] of found) {
    if (A === undefined || B === undefined)
      return E.left(damaged(file.path, `module ${name} has no lora_${A === undefined ? 'A' : 'B'}`))
    modules.push({ name, A, B })
  }
  return modules.length === 0
    ? E.left(damaged(file.path, 'holds no LoRA factors', 'give a LoRA adapter'))
    : E.right({
        modules: modules.sort((a, b) => byName.compare(a.name, b.name)),
        extras,
        dtype: widest(dtypes),
      })
}

/** Checks that a module's shapes agree with the configuration. @returns [d_out, r, d_in] */
const checkModule = (
  file: SafetensorsFile,
  { name, A, B }: Contents['modules'][number],
  placement: Placement,
): E.Either<FormatError, readonly [number, number, number]> => {
  const [r = 0, columns = 0] = file.tensors.get(A)?.shape ?? []
  const [rows = 0, r2 = 0] = file.tensors.get(B)?.shape ?? []
  const configured = placement.rank(name)
  return r !== r2
    ? E.left(damaged(file.path, `module ${name} has lora_A of rank ${r} and lora_B of rank ${r2}`))
    : r !== configured
      ? E.left(damaged(file.path, `module ${name} has rank ${r}, its configuration says ${configured}`))
      : !placement.targets(name)
        ? E.left(damaged(file.path, `module ${name} is not among the configuration's target_modules`))
        : E.right([rows, r, columns])
}

// reading ----------------------------------------------------------------------------------------

const readModule =
  (file: SafetensorsFile, placement: Placement) =>
  (module: Contents['modules'][number]): TE.TaskEither<FormatError, LoraModule> =>
    pipe(
      TE.fromEither(checkModule(file, module, placement)),
      TE.bindTo('shape'),
      TE.bind('A', () => file.read(module.A)),
      TE.bind('B', () => file.read(module.B)),
      TE.map(({ shape: [rows, r, columns], A, B }) => ({
        name: module.name,
        A: matrix(r, columns, A),
        B: matrix(rows, r, B),
        scale: placement.scale(module.name),
      })),
    )

/** Opens the weights. Weights that are only in a pickle are refused: reading a pickle runs it as a program. */
const readWeights = (folder: string): TE.TaskEither<FormatError, SafetensorsFile> =>
  pipe(
    kindOf(join(folder, weightsName)),
    TE.bindTo('weights'),
    TE.bind('pickle', () => kindOf(join(folder, pickleName))),
    TE.chain(({ weights, pickle }) =>
      weights === 'absent' && pickle === 'file'
        ? TE.left(
            unsupported(
              folder,
              `has its weights only as ${pickleName}, a pickle, which is not read`,
              `load it with peft and save it with save_pretrained(..., safe_serialization=True), which writes ${weightsName}`,
            ),
          )
        : readSafetensors(join(folder, weightsName)),
    ),
  )

const notAnAdapter = (folder: string): TE.TaskEither<FormatError, never> =>
  pipe(
    kindOf(folder),
    TE.chain((kind) =>
      TE.left(
        kind === 'absent'
          ? readError(folder)({ code: 'ENOENT' })
          : badInput('FileMissing', `holds no ${configName}`, {
              where: folder,
              remedy: 'give a PEFT adapter folder, as peft and tensor-core train write it',
            }),
      ),
    ),
  )

/**
 * Reads a PEFT adapter folder with all its factors in float32.
 *
 * @returns left: a file that is missing or damaged, factors that do not fit the configuration, or a setting or a tensor that is not
 * supported, by name
 */
export const readAdapter = (folder: string): TE.TaskEither<FormatError, LoraAdapter> => {
  const configPath = join(folder, configName)
  return pipe(
    kindOf(configPath),
    TE.chain((kind) => (kind === 'file' ? readJson(configPath) : notAnAdapter(folder))),
    TE.filterOrElse(isJsonObject, () => damaged(configPath, 'is not a JSON object')),
    TE.bindTo('config'),
    TE.bind('fields', ({ config }) => TE.fromEither(decodeAdapterConfig(configPath)(config))),
    TE.bind('placement', ({ fields }) => TE.fromEither(placementOf(configPath, fields))),
    TE.bind('file', () => readWeights(folder)),
    TE.bind('contents', ({ file, fields }) => TE.fromEither(contentsOf(file, fields))),
    TE.bind('modules', ({ file, contents, placement }) =>
      pipe(contents.modules, TE.traverseSeqArray(readModule(file, placement))),
    ),
    TE.bind('extras', ({ file, contents }) => pipe(contents.extras, TE.traverseSeqArray(file.readRaw))),
    TE.map(({ modules, config, file, contents, extras }) => ({
      modules,
      config,
      metadata: file.metadata,
      dtype: contents.dtype,
      extras,
    })),
  )
}

/** Warnings about parts of the adapter that are kept but not applied, one line each. */
export const adapterWarnings = (adapter: LoraAdapter): ReadonlyArray<string> => {
  const extras = adapter.extras.filter(({ name }) => name !== headCopy)
  const [biases, saved] = [
    extras.filter(({ name }) => name.endsWith('.bias')),
    extras.filter(({ name }) => !name.endsWith('.bias')),
  ]
  const unknown = unknownFields(adapter.config)
  const line = (what: string, names: ReadonlyArray<{ readonly name: string }>): ReadonlyArray<string> =>
    names.length === 0
      ? []
      : [
          `the adapter's ${what} are kept but not applied: ${names.length}, the first is ${names[0]?.name ?? ''}`,
        ]
  return [
    ...line('modules_to_save', saved),
    ...line('biases', biases),
    ...(unknown.length === 0
      ? []
      : [
          `fields of the adapter's configuration are not known here and have no effect: ${unknown.join(', ')}`,
        ]),
  ]
}
