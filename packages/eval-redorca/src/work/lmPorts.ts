/** The real world: tensor-core's engine and language models, methods from what is installed, the arena or a user's own files. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { engineNames as engines, selectEngine } from '@safe/tensor-core/engine'
import { openWeights, readAdapter, readDataset, writeAdapter } from '@safe/tensor-core/formats'
import { loadCausalLM, recipeDefaults, trainAdapter } from '@safe/tensor-core/lm'
import { arenaSuite } from '../arena'
import { folderHash } from '../plan/contentHash'
import { fileSuite } from '../suite/fileSuite'
import { loadModule } from '../plan/plugins'
import type { BenchPorts } from '../plan/ports'

const engineNames = ['auto', ...engines] as const
const isEngineName = (name: string): name is (typeof engineNames)[number] =>
  engineNames.some((n) => n === name)

/** The ports of a real run. */
export const ports: BenchPorts = {
  engine: (name) =>
    isEngineName(name)
      ? pipe(
          selectEngine(name),
          TE.map(({ engine, device, versions }) => ({ engine, device, versions })),
        )
      : TE.left(
          badInput('BadOption', `there is no engine ${name}`, {
            where: '--engine',
            remedy: `give one of ${engineNames.join(', ')}`,
          }),
        ),
  suite: ({ suite, regimes }) =>
    suite === 'arena' ? TE.fromIO(arenaSuite) : fileSuite(readDataset)(suite, regimes),
  loadModule,
  fingerprint: folderHash,
  model: ({ model, template, batchSize, dtype, adapter }) =>
    loadCausalLM({ model, template, batchSize, dtype, ...(adapter === undefined ? {} : { adapter }) }),
  train: ({ model, template, data, recipe, seed, dtype, init, rule, signal, onStep }) => {
    const total = { steps: 0 }
    const { maxSteps, targetModules, ...rest } = recipe
    return pipe(
      trainAdapter({
        model,
        template,
        data,
        recipe: {
          ...recipeDefaults,
          ...rest,
          targetModules: typeof targetModules === 'string' ? [targetModules] : targetModules,
          ...(maxSteps === undefined ? {} : { maxSteps }),
        },
        seed,
        dtype,
        signal,
        ...(init === undefined ? {} : { init }),
        ...(rule === undefined ? {} : { defence: rule }),
        onStart: (steps) => {
          total.steps = steps
        },
        onStep: ({ step }) => onStep(step + 1, total.steps),
      }),
      TE.mapLeft((fault): Fault => fault),
    )
  },
  weights: openWeights,
  readAdapter,
  writeAdapter,
}
