/** The ports of a real run: tensor-core's engine and language models, installed methods, the arena or the user's files. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Fault, badInput, causeLine } from '@safe/tensor-core/contracts'
import { engineNames as engines, selectEngine } from '@safe/tensor-core/engine'
import { isGgufPath, openModelFolder, openWeights, readAdapter, readDataset } from '@safe/tensor-core/formats'
import {
  activationNorms,
  fineTuningBytes,
  openModelHost,
  trainAdapter,
  withGradients,
} from '@safe/tensor-core/lm'
import { keepAdapter, keepData } from '@safe/tensor-core/pipeline'
import { openArenaSuite } from '../arena'
import { regimesRead } from '../config/attackers'
import { arenaChoice } from '../config/arenaConfig'
import { isArena } from '../config/config'
import { autoTemplate } from '../config/suiteModels'
import { checkpointOf, modelPrint } from '../plan/modelPrint'
import { loadModule } from '../plan/plugins'
import type { BenchPorts } from '../plan/ports'
import { fileSuite } from '../suite/fileSuite'
import { judgeOpener } from './judgeOpener'
import { localArena, localJudge, localSuite } from './localSuite'

// parts ------------------------------------------------------------------------------------------

const engineNames = ['auto', ...engines] as const
const isEngineName = (name: string): name is (typeof engineNames)[number] =>
  engineNames.some((n) => n === name)

/** `auto` leaves the choice to tensor-core. */
const templated = (template: string): { readonly template?: string } =>
  template === autoTemplate ? {} : { template }

/** A GGUF file is widened when it is loaded: four bytes a parameter, whatever its tensors have. */
const ggufBytes = (path: string): TE.TaskEither<Fault, number> =>
  pipe(
    openWeights(path),
    TE.map(({ tensors }) =>
      [...tensors.values()].reduce((sum, { shape }) => sum + 4 * shape.reduce((n, d) => n * d, 1), 0),
    ),
  )

const folderBytes = (folder: string): TE.TaskEither<Fault, number> =>
  TE.tryCatch(
    async () => {
      const names = (await readdir(folder)).filter((name) => name.endsWith('.safetensors'))
      const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size))
      return sizes.reduce((sum, size) => sum + size, 0)
    },
    (cause) =>
      badInput('FileMissing', `cannot be read (${causeLine(cause)})`, {
        where: folder,
        remedy: 'give a model folder',
      }),
  )

const weightBytes = (folder: string): TE.TaskEither<Fault, number> =>
  isGgufPath(folder) ? ggufBytes(folder) : folderBytes(folder)

// ports ------------------------------------------------------------------------------------------

/** The ports of a real run. */
export const ports: BenchPorts = {
  engine: (name) =>
    isEngineName(name)
      ? pipe(
          selectEngine(name),
          TE.map(({ engine, device, versions }) => ({ engine, device, versions })),
        )
      : TE.left(
          badInput('BadOption', `must be one of ${engineNames.join(', ')}, but is ${name}`, {
            field: 'engine',
          }),
        ),
  suite: ({ suite, regimes, attackers, seeds, dtype, batchSize }, use = {}) =>
    isArena(suite)
      ? pipe(localArena()(arenaChoice(suite)), TE.chainW(openArenaSuite))
      : pipe(
          localSuite()(suite),
          TE.chain((local) =>
            fileSuite(readDataset, judgeOpener({ ...use, dtype, batchSize }), use.checked)(
              local,
              regimesRead({ regimes, attackers }),
              seeds,
            ),
          ),
        ),
  judge: (choice, { dtype, batchSize }, use = {}) =>
    pipe(localJudge()(choice), TE.chainW(judgeOpener({ ...use, dtype, batchSize }))),
  loadModule,
  fingerprint: modelPrint,
  checkpoint: checkpointOf,
  weightBytes,
  fineTuningBytes: (model, size) =>
    pipe(
      openModelFolder(model),
      TE.map(({ config }) => fineTuningBytes(config, size)),
    ),
  load: ({ template, ...request }) => openModelHost({ ...request, ...templated(template) }),
  train: ({ model, template, data, recipe, seed, init, defence, dtype, signal, onStep }) => {
    const total = { steps: 0 }
    return trainAdapter({
      model,
      ...templated(template),
      data,
      recipe,
      seed,
      dtype,
      defence,
      signal,
      ...(init === undefined ? {} : { init }),
      onStart: (steps) => {
        total.steps = steps
      },
      onStep: ({ step }) => onStep(step + 1, total.steps),
    })
  },
  gradients: ({ template, ...request }, use) => withGradients({ ...request, ...templated(template) }, use),
  activationNorms: ({ template, ...request }) => activationNorms({ ...request, ...templated(template) }),
  weights: openWeights,
  adapter: readAdapter,
  keep: { data: keepData, adapter: keepAdapter },
}
