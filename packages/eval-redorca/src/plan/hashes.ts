/** Hashes of all parts of a suite: computed once by the process that plans and passed to the workers. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as RR from 'fp-ts/ReadonlyRecord'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type Dataset, type Fault, badInput } from '@safe/tensor-core/contracts'
import { contentHash } from '@safe/tensor-core/files'
import { adapterHash, dataHash } from '@safe/tensor-core/pipeline'
import { type SuiteModels, autoTemplate } from '../config/suiteModels'
import type { Suite } from '../suite/suite'
import type { BenchPorts } from './ports'

// model ------------------------------------------------------------------------------------------

const perModel = t.type({
  base: t.union([t.string, t.null]),
  aligned: t.string,
  anchor: t.union([t.string, t.null]),
})

const modelHashesCodec = t.type({
  /** Null where the suite has no such model. */
  models: perModel,
  /** Of the weights alone, as judges identify the model they ask. */
  checkpoints: perModel,
  templates: perModel,
})
/** Hashes of models and templates. */
export type ModelHashes = t.TypeOf<typeof modelHashesCodec>

export const hashesCodec = t.intersection([
  modelHashesCodec,
  t.type({
    /** Of adapters that were fine-tuned before, by regime. */
    adapters: t.readonly(t.record(t.string, t.string)),
    safe: t.union([t.string, t.null]),
    references: t.union([t.string, t.null]),
    harmful: t.union([t.string, t.null]),
    evaluation: t.string,
  }),
  t.partial({ alignedModels: t.readonly(t.record(t.string, modelHashesCodec)) }),
])
/** Hashes of models, templates and data. */
export type Hashes = t.TypeOf<typeof hashesCodec>

// parts ------------------------------------------------------------------------------------------

const inTokenizer = ['chat', autoTemplate]
const builtIn = [...inTokenizer, 'qa', 'none']

/** A template is a file, or a built-in name; some built-in names use files of the tokenizer. */
const templateHash = (folder: string, template: string): TE.TaskEither<Fault, string> =>
  !builtIn.includes(template) && !existsSync(template)
    ? TE.left(
        badInput('BadConfig', 'there is no such template', {
          where: template,
          remedy: `give ${builtIn.join(', ')} or a .jinja file`,
        }),
      )
    : TE.tryCatch(
        async () => {
          const files = existsSync(template)
            ? [template]
            : inTokenizer.includes(template)
              ? ['chat_template.jinja', 'tokenizer_config.json']
                  .map((name) => join(folder, name))
                  .filter(existsSync)
              : []
          return contentHash([
            files.length === 0 ? template : '',
            ...(await Promise.all(files.map((f) => readFile(f, 'utf8')))),
          ])
        },
        () => badInput('BadConfig', 'the template cannot be read', { where: template }),
      )

/** Null where there is no value. */
const optionalHash = <A>(
  value: A | undefined,
  hash: (value: A) => TE.TaskEither<Fault, string>,
): TE.TaskEither<Fault, string | null> => (value === undefined ? TE.right(null) : hash(value))

const dataHashed = (data: Dataset): TE.TaskEither<Fault, string> => TE.right(dataHash(data))

// constructors -----------------------------------------------------------------------------------

/** A hash for each part that a set of models has. */
const forEachPart = (
  { models }: SuiteModels,
  hash: (folder: string, part: keyof SuiteModels['models']) => TE.TaskEither<Fault, string>,
) =>
  pipe(
    TE.Do,
    TE.bind('base', () => optionalHash(models.base, (folder) => hash(folder, 'base'))),
    TE.bind('aligned', () => hash(models.aligned, 'aligned')),
    TE.bind('anchor', () => optionalHash(models.anchor, (folder) => hash(folder, 'anchor'))),
  )

/** Hashes of one set of models. */
const modelHashes =
  (ports: BenchPorts) =>
  (suite: SuiteModels): TE.TaskEither<Fault, ModelHashes> =>
    pipe(
      TE.Do,
      TE.bind('models', () => forEachPart(suite, ports.fingerprint)),
      TE.bind('checkpoints', () => forEachPart(suite, ports.checkpoint)),
      TE.bind('templates', () =>
        forEachPart(suite, (folder, part) => templateHash(folder, suite.templates[part])),
      ),
    )

/** Hashes of every set of models: of several aligned ones those of the first stand beside all of them. */
const allModelHashes = (ports: BenchPorts, suite: Suite) =>
  suite.alignedModels === undefined
    ? modelHashes(ports)(suite)
    : pipe(
        suite.alignedModels,
        RR.traverse(TE.ApplicativeSeq)(modelHashes(ports)),
        TE.chain((alignedModels) => {
          const [first] = Object.values(alignedModels)
          return first === undefined ? modelHashes(ports)(suite) : TE.right({ ...first, alignedModels })
        }),
      )

const adapterHashes = (ports: BenchPorts, { adapters = {} }: Suite) =>
  pipe(
    adapters,
    RR.traverse(TE.ApplicativeSeq)((folder) =>
      pipe(
        ports.adapter(folder),
        TE.mapLeft((fault): Fault => ({ ...fault, where: `suite.adapter: ${fault.where ?? folder}` })),
        TE.map(adapterHash),
      ),
    ),
  )

/** Hashes every model, template and data set of the suite. */
export const hashesOf = (ports: BenchPorts, suite: Suite): TE.TaskEither<Fault, Hashes> =>
  pipe(
    TE.Do,
    TE.bind('models', () => allModelHashes(ports, suite)),
    TE.bind('adapters', () => adapterHashes(ports, suite)),
    TE.bind('safe', () => optionalHash(suite.safe, dataHashed)),
    TE.bind('references', () => optionalHash(suite.references, dataHashed)),
    TE.bind('harmful', () => optionalHash(suite.harmful, dataHashed)),
    TE.map(({ models, ...rest }) => ({
      ...models,
      ...rest,
      evaluation: contentHash(suite.evaluation),
    })),
  )

// destructors ------------------------------------------------------------------------------------

/** The hashes that are not null, for stamps. */
export const presentHashes = (
  hashes: Readonly<Record<string, string | null>>,
): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(hashes).flatMap(([name, hash]) => (hash === null ? [] : [[name, hash]])))
