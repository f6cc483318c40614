/**
 * A Hugging Face model folder: config.json, generation_config.json, weights, tokenizer files; or a GGUF file, which holds the same.
 * Opening gives a `ModelFolder` whose tensors stay on disk; writing makes a folder that transformers loads.
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type FormatError, badInput } from '../contracts'
import { damaged, kindOf, readJson, readOptional } from '../files/input'
import { pathHint } from '../files/pathHint'
import type { ModelConfig } from './model/config'
import { modelConfigJson } from './model/configJson'
import { configText } from './model/configText'
import { decodeModelConfig } from './model/readConfig'
import { stopTokensOf } from './model/stopTokens'
import { writeFolder, writeWhole } from '../files/output'
import type { Checkpoint } from './checkpoint'
import { companionsOf, copyCompanionFiles } from './companionFiles'
import {
  type GgufModel,
  ggufCompanionNames,
  ggufCompanions,
  ggufGeneration,
  isGgufPath,
  openGgufModel,
} from './gguf'
import type { TensorToWrite } from './safetensors'
import { writeWeights } from './shards'
import { notAModel } from './notAModel'
import { textConfigOf } from './textTower'
import { openWeights } from './weights'

// model ------------------------------------------------------------------------------------------

type Json = Readonly<Record<string, unknown>>

/** An opened model folder or GGUF file: its configuration is decoded, its weights are still on disk. */
export interface ModelFolder {
  readonly path: string
  readonly config: ModelConfig
  /** config.json, to be written again with the model: unchanged, or that of the language model inside a model with images. */
  readonly rawConfig: Json
  readonly weights: Checkpoint
  readonly stopTokens: ReadonlySet<number>
  /** Names of the folder's tokenizer and generation files, which are copied when the model is written elsewhere. */
  readonly companions: ReadonlyArray<string>
  /** A hash of configuration and weights, for cache keys and for the record of a run. */
  readonly fingerprint: TE.TaskEither<FormatError, string>
}

/** A model to be written as a folder. */
export interface ModelToWrite {
  readonly config: ModelConfig
  /** Written as config.json; by default `config` is. */
  readonly rawConfig?: Json
  readonly tensors: ReadonlyArray<TensorToWrite>
  /** A model folder or GGUF file whose tokenizer and generation files are copied. */
  readonly companionsFrom?: string
  /** Weights above this many bytes are written in shards with an index; by default they are one file. */
  readonly maxShardBytes?: number
  /** More text files by name (`tokenizer.json` of a tokenizer made in code); they replace copied ones of the same name. */
  readonly files?: Readonly<Record<string, string>>
}

// reading ----------------------------------------------------------------------------------------

const isJsonObject = (u: unknown): u is Json => typeof u === 'object' && u !== null && !Array.isArray(u)

const mustBeFolder = (path: string): TE.TaskEither<FormatError, void> =>
  pipe(
    kindOf(path),
    TE.chain((kind) =>
      kind === 'folder'
        ? TE.right(undefined)
        : TE.left(
            badInput('FileMissing', kind === 'absent' ? 'does not exist' : 'is not a folder', {
              where: path,
              remedy: pathHint(path) ?? 'give a Hugging Face model folder, a .gguf file, or hub:ORG/NAME',
            }),
          ),
    ),
  )

/** Reads config.json alone: decoded as `config`, and as `ModelFolder` keeps it. */
export const readModelConfig = (
  folder: string,
): TE.TaskEither<FormatError, { readonly config: ModelConfig; readonly rawConfig: Json }> => {
  const path = join(folder, 'config.json')
  return pipe(
    kindOf(path),
    TE.chain((kind) => (kind === 'absent' ? notAModel(folder, 'config.json') : readJson(path))),
    TE.filterOrElse(isJsonObject, () => damaged(path, 'is not a JSON object')),
    TE.chainEitherK((whole) =>
      pipe(
        textConfigOf(path)(whole),
        E.bindTo('rawConfig'),
        E.bind('config', ({ rawConfig }) =>
          decodeModelConfig(rawConfig === whole ? path : `${path} text_config`)(rawConfig),
        ),
      ),
    ),
  )
}

/** A hash of configuration and weights. */
const printOf = (rawConfig: Json, weights: Checkpoint): TE.TaskEither<FormatError, string> =>
  pipe(
    weights.fingerprint,
    TE.map((print) =>
      createHash('sha256').update(JSON.stringify(rawConfig)).update('\n').update(print).digest('hex'),
    ),
  )

/** The model in a GGUF file, as a folder would hold it. */
const ofGguf =
  (path: string) =>
  (model: GgufModel): E.Either<FormatError, ModelFolder> => {
    const rawConfig = modelConfigJson(model.config)
    return pipe(
      E.Do,
      E.bind('stopTokens', () => stopTokensOf(path, ggufGeneration(model), model.config)),
      E.bind('companions', () => ggufCompanionNames(model)),
      E.map(({ stopTokens, companions }) => ({
        path,
        config: model.config,
        rawConfig,
        weights: model.weights,
        stopTokens,
        companions,
        fingerprint: printOf(rawConfig, model.weights),
      })),
    )
  }

/**
 * Opens a model folder or a GGUF file; tensors stay on disk until they are read.
 *
 * @returns left: no model folder, a damaged file, or a configuration that is not supported
 */
export const openModelFolder = (path: string): TE.TaskEither<FormatError, ModelFolder> => {
  if (isGgufPath(path)) return pipe(openGgufModel(path), TE.chainEitherK(ofGguf(path)))
  const generationPath = join(path, 'generation_config.json')
  return pipe(
    mustBeFolder(path),
    TE.chain(() => readModelConfig(path)),
    TE.bind('generation', () => readOptional(generationPath, readJson)),
    TE.bind('stopTokens', ({ config, generation }) =>
      TE.fromEither(stopTokensOf(generationPath, generation, config)),
    ),
    TE.bind('weights', () => openWeights(path)),
    TE.bind('companions', () => companionsOf(path)),
    TE.map(({ config, rawConfig, weights, stopTokens, companions }) => ({
      path,
      config,
      rawConfig,
      weights,
      stopTokens,
      companions,
      fingerprint: printOf(rawConfig, weights),
    })),
  )
}

// writing ----------------------------------------------------------------------------------------

const writeTexts = (
  folder: string,
  files: Readonly<Record<string, string>>,
): TE.TaskEither<FormatError, void> =>
  pipe(
    Object.entries(files),
    TE.traverseSeqArray(([name, content]) => writeWhole(join(folder, name), content)),
    TE.map(() => undefined),
  )

const copyCompanions = (from: string, to: string): TE.TaskEither<FormatError, void> =>
  isGgufPath(from)
    ? pipe(
        openGgufModel(from),
        TE.chainEitherK(ggufCompanions),
        TE.chain((files) => writeTexts(to, files)),
      )
    : copyCompanionFiles(from, to)

/** Writes a model folder that transformers loads, atomically. An existing target is replaced: call `refuseExisting` first. */
export const writeModelFolder = (path: string, model: ModelToWrite): TE.TaskEither<FormatError, void> =>
  writeFolder(path, (folder) =>
    pipe(
      model.companionsFrom === undefined ? TE.right(undefined) : copyCompanions(model.companionsFrom, folder),
      TE.chain(() =>
        writeWhole(join(folder, 'config.json'), configText(model.rawConfig ?? modelConfigJson(model.config))),
      ),
      TE.chain(() => writeTexts(folder, model.files ?? {})),
      TE.chain(() => writeWeights(folder, model.tensors, model.maxShardBytes)),
    ),
  )
