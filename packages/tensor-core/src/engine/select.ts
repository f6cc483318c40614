/**
 * Which engine computes: chosen once at start, best first, and always reported. `auto` takes the first that is available of
 * cuda (where a GPU is present), native, cuda on its CPU, wasm, cpu; a name takes that engine or says why it cannot.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type EngineError, badInput, causeLine, failure } from '../contracts'
import { processorName } from './device'
import { nvidiaDriverPresent } from './native/gpu'
import type { Variant } from './native/home'
import { locateAddon, startNative } from './native/load'
import { tf } from './tf'

// model ------------------------------------------------------------------------------------------

/** The engines by name, best first: the order in which `auto` tries them. */
export const engineNames = ['cuda', 'native', 'wasm', 'cpu'] as const
/** The name of an engine. */
export type EngineName = (typeof engineNames)[number]

/** Whether this machine can run an engine. */
export interface EngineAvailability {
  readonly name: string
  readonly available: boolean
  /** Why not, and what to do. */
  readonly reason?: string
}

/** What was chosen, on what it runs, and what else there would have been: the stamp of every result. */
export interface EngineReport {
  readonly engine: EngineName
  /** The processor or the GPU that computes. */
  readonly device: string
  /** Whether a GPU is really used. */
  readonly gpu: boolean
  readonly versions: Readonly<Record<string, string>>
  readonly engines: ReadonlyArray<EngineAvailability>
  /** What the user should be told aloud. */
  readonly warning?: string
}

/** What an engine says of itself once it runs. */
export interface Running {
  readonly device: string
  readonly gpu: boolean
  readonly versions: Readonly<Record<string, string>>
  readonly warning?: string
}

/** An engine that may be chosen; `missing` is the reason it cannot be. */
interface Candidate {
  readonly missing: () => string | undefined
  readonly start: () => Promise<Running>
}

// candidates -------------------------------------------------------------------------------------

const startPortable = (backend: 'wasm' | 'cpu') => async (): Promise<Running> => {
  if (!(await tf.setBackend(backend))) throw new Error(`the ${backend} backend did not start`)
  await tf.ready()
  // The cpu backend recommends tfjs-node on its first use: who chose it knows.
  if (backend === 'cpu') Object.assign(tf.backend(), { firstUse: false })
  return { device: processorName(), gpu: false, versions: {} }
}

const native = (variant: Variant): Candidate => ({
  missing: () =>
    locateAddon(variant) === undefined ? `not built; run: tensor-core engine build ${variant}` : undefined,
  start: () => {
    const location = locateAddon(variant)
    return location === undefined ? Promise.reject(new Error('not built')) : startNative(variant, location)()
  },
})

const candidates: Readonly<Record<EngineName, Candidate>> = {
  cuda: native('cuda'),
  native: native('native'),
  wasm: { missing: () => undefined, start: startPortable('wasm') },
  cpu: { missing: () => undefined, start: startPortable('cpu') },
}

/** Every engine this package knows, and whether this machine has it. */
export const availableEngines = (): ReadonlyArray<EngineAvailability> =>
  engineNames.map((name) => {
    const reason = candidates[name].missing()
    return reason === undefined ? { name, available: true } : { name, available: false, reason }
  })

// choosing ---------------------------------------------------------------------------------------

const state: { report: EngineReport | undefined } = { report: undefined }

/** The engine that runs now: the one selected, or what TensorFlow.js has chosen by itself. */
export const engineName = (): string => state.report?.engine ?? tf.getBackend()

const start = (name: EngineName): TE.TaskEither<EngineError, EngineReport> =>
  pipe(
    TE.tryCatch(
      () => candidates[name].start(),
      (cause) =>
        failure('EngineUnavailable', causeLine(cause), {
          where: `--engine ${name}`,
          remedy: 'choose another engine; tensor-core info lists them',
        }),
    ),
    TE.map((running): EngineReport => {
      const report: EngineReport = {
        engine: name,
        device: running.device,
        gpu: running.gpu,
        versions: { node: process.versions.node, tfjs: tf.version_core, ...running.versions },
        engines: availableEngines(),
        ...(running.warning === undefined ? {} : { warning: running.warning }),
      }
      state.report = report
      return report
    }),
  )

const isEngineName = (name: string): name is EngineName => engineNames.some((n) => n === name)

/** The order `auto` tries: cuda without a GPU comes after native, which is the same on a smaller library. */
const preferred = (): ReadonlyArray<EngineName> =>
  pipe(nvidiaDriverPresent() ? engineNames : (['native', 'cuda', 'wasm', 'cpu'] as const), (names) =>
    names.filter((name) => candidates[name].missing() === undefined),
  )

const named = (name: string): E.Either<EngineError, EngineName> => {
  if (!isEngineName(name))
    return E.left(
      badInput('EngineUnavailable', `there is no engine ${name} here`, {
        where: `--engine ${name}`,
        remedy: `choose one of auto, ${engineNames.join(', ')}`,
      }),
    )
  const reason = candidates[name].missing()
  return reason === undefined
    ? E.right(name)
    : E.left(badInput('EngineUnavailable', reason, { where: `--engine ${name}` }))
}

/**
 * Makes an engine the current one. Call it before any tensor is made: tensors stay where they were made.
 * @returns left `EngineUnavailable`, of kind `input` where the engine is not installed and `failure` where it does not start.
 */
export const selectEngine = (name: string): TE.TaskEither<EngineError, EngineReport> =>
  name === 'auto'
    ? pipe(
        preferred(),
        (names) => names.map(start),
        ([first, ...rest]) =>
          rest.reduce(
            (tried, next) =>
              pipe(
                tried,
                TE.orElse(() => next),
              ),
            first ?? TE.left(failure('EngineUnavailable', 'no engine starts on this machine')),
          ),
      )
    : pipe(TE.fromEither(named(name)), TE.chain(start))
