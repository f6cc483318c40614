/**
 * Which engine computes: chosen once at start, best first, and always reported. `auto` takes the first that is available of
 * cuda (where a GPU is present), native, cuda on its CPU, webgpu on a GPU, wasm, cpu; a name takes that engine or says why it
 * cannot.
 */
import * as E from 'fp-ts/Either'
import * as T from 'fp-ts/Task'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type EngineError, badInput, causeLine, failure } from '../contracts'
import { processorName } from './device'
import { nvidiaDriverPresent } from './native/gpu'
import type { Variant } from './native/home'
import { locateAddon } from './native/load'
import { startNative } from './native/start'
import { tf } from './tf'
import { mayHaveGpu, probeAdapter, startWebgpu, webgpuPackages } from './webgpu'

// model ------------------------------------------------------------------------------------------

/** The engines by name, best first. */
export const engineNames = ['cuda', 'native', 'webgpu', 'wasm', 'cpu'] as const
/** The name of an engine. */
export type EngineName = (typeof engineNames)[number]

/** Whether this machine can run an engine. */
export interface EngineAvailability {
  readonly name: string
  readonly available: boolean
  /** Why not, and what to do. */
  readonly reason?: string
  /** What it would run on, where that is not what one expects. */
  readonly note?: string
}

/** What was chosen, and on what it runs: the stamp of every result. */
export interface EngineReport {
  readonly engine: EngineName
  /** The processor or the GPU that computes. */
  readonly device: string
  /** Whether a GPU is really used. */
  readonly gpu: boolean
  readonly versions: Readonly<Record<string, string>>
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

/** An engine that may be chosen. */
export interface Candidate {
  /** The reason it cannot be, as far as can be told without starting it. */
  readonly missing: () => string | undefined
  /** Starts it, with `gpuOnly` on a GPU or not at all. Left: why this machine has none. Throws where it does not start. */
  readonly start: (gpuOnly: boolean) => Promise<E.Either<string, Running>>
}

/** The engines to choose from, and what is known of the machine before any is started. */
export interface Choice {
  readonly candidates: Readonly<Record<EngineName, Candidate>>
  readonly nvidiaDriver: () => boolean
  readonly mayHaveGpu: () => boolean
}

// candidates -------------------------------------------------------------------------------------

const portable = (backend: 'wasm' | 'cpu'): Candidate => ({
  missing: () => undefined,
  start: async () => {
    if (!(await tf.setBackend(backend))) throw new Error(`the ${backend} backend did not start`)
    await tf.ready()
    // The cpu backend recommends tfjs-node on its first use: who chose it knows.
    if (backend === 'cpu') Object.assign(tf.backend(), { firstUse: false })
    return E.right({ device: processorName(), gpu: false, versions: {} })
  },
})

const notBuilt = (variant: Variant): string => `not built; run: tensor-core engine build ${variant}`

const native = (variant: Variant): Candidate => ({
  missing: () => (locateAddon(variant) === undefined ? notBuilt(variant) : undefined),
  start: async () => {
    const location = locateAddon(variant)
    return location === undefined
      ? E.left(notBuilt(variant))
      : E.right(await startNative(variant, location)())
  },
})

const webgpu: Candidate = {
  missing: () =>
    pipe(
      webgpuPackages(),
      E.match(
        (reason): string | undefined => reason,
        () => undefined,
      ),
    ),
  start: startWebgpu,
}

const machine: Choice = {
  candidates: {
    cuda: native('cuda'),
    native: native('native'),
    webgpu,
    wasm: portable('wasm'),
    cpu: portable('cpu'),
  },
  nvidiaDriver: nvidiaDriverPresent,
  mayHaveGpu,
}

// availability -----------------------------------------------------------------------------------

const availability = (name: EngineName, reason: string | undefined): EngineAvailability =>
  reason === undefined ? { name, available: true } : { name, available: false, reason }

/**
 * Every engine this package knows, and whether it is installed; nothing is started. An installed webgpu engine may still find
 * no driver: `availableEngines` looks.
 */
export const installedEngines = (): ReadonlyArray<EngineAvailability> =>
  engineNames.map((name) => availability(name, machine.candidates[name].missing()))

const probedWebgpu: T.Task<EngineAvailability> = pipe(
  probeAdapter,
  TE.match(
    (reason): EngineAvailability => availability('webgpu', reason),
    ({ name, software }) => ({
      ...availability('webgpu', undefined),
      ...(software ? { note: `only by name: ${name} is no GPU` } : {}),
    }),
  ),
)

/** Every engine this package knows, and whether this machine has it; a WebGPU adapter is looked for in a process of its own. */
export const availableEngines: T.Task<ReadonlyArray<EngineAvailability>> = () =>
  pipe(
    installedEngines(),
    T.traverseArray((engine) => (engine.name === 'webgpu' && engine.available ? probedWebgpu : T.of(engine))),
  )()

// choosing ---------------------------------------------------------------------------------------

const state: { report: EngineReport | undefined } = { report: undefined }

/** The engine that runs now: the one selected, or what TensorFlow.js has chosen by itself. */
export const engineName = (): string => state.report?.engine ?? tf.getBackend()

/** A fault of kind `input` where this machine does not have the engine, `failure` where it does not start. */
const start =
  ({ candidates }: Choice) =>
  (name: EngineName, gpuOnly = false): TE.TaskEither<EngineError, EngineReport> =>
    pipe(
      TE.tryCatch(
        () => candidates[name].start(gpuOnly),
        (cause): EngineError =>
          failure('EngineUnavailable', causeLine(cause), {
            where: `--engine ${name}`,
            remedy: 'choose another engine; tensor-core info lists them',
          }),
      ),
      TE.chainEitherK(
        E.mapLeft((reason): EngineError =>
          badInput('EngineUnavailable', reason, { where: `--engine ${name}` }),
        ),
      ),
      TE.map((running): EngineReport => {
        const report: EngineReport = {
          engine: name,
          device: running.device,
          gpu: running.gpu,
          versions: { node: process.versions.node, tfjs: tf.version_core, ...running.versions },
          ...(running.warning === undefined ? {} : { warning: running.warning }),
        }
        state.report = report
        return report
      }),
    )

const isEngineName = (name: string): name is EngineName => engineNames.some((n) => n === name)

/**
 * The order `auto` tries: cuda without a GPU comes after native, which is the same on a smaller library; webgpu is looked at
 * where a GPU may be, since its driver is loaded for the look.
 */
const preferred = ({ candidates, nvidiaDriver, mayHaveGpu: gpu }: Choice): ReadonlyArray<EngineName> =>
  (nvidiaDriver() ? engineNames : (['native', 'cuda', 'webgpu', 'wasm', 'cpu'] as const)).filter(
    (name) => candidates[name].missing() === undefined && (name !== 'webgpu' || gpu()),
  )

const named = ({ candidates }: Choice, name: string): E.Either<EngineError, EngineName> => {
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

/** Selection among given engines, on a machine of which so much is known. */
export const selectFrom =
  (choice: Choice) =>
  (name: string): TE.TaskEither<EngineError, EngineReport> =>
    name === 'auto'
      ? pipe(
          preferred(choice),
          (names) => names.map((engine) => start(choice)(engine, engine === 'webgpu')),
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
      : pipe(TE.fromEither(named(choice, name)), TE.chain(start(choice)))

/**
 * Makes an engine the current one. Call it before any tensor is made: tensors stay where they were made.
 * @returns left `EngineUnavailable`, of kind `input` where this machine does not have the engine and `failure` where it does
 * not start.
 */
export const selectEngine: (name: string) => TE.TaskEither<EngineError, EngineReport> = selectFrom(machine)
