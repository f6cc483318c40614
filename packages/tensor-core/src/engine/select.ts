/**
 * Which engine computes: chosen once at start, best first, and always reported. `auto` takes the first available of cuda (if a GPU
 * is present), native, cuda on the CPU, webgpu on a GPU, wasm, cpu; a name takes that engine or reports why it cannot.
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
  /** Why it is not available, and what to do. */
  readonly reason?: string
  /** What it would run on, if that is not what its name suggests. */
  readonly note?: string
}

/** Which engine was chosen and what it runs on; recorded with every result. */
export interface EngineReport {
  readonly engine: EngineName
  /** The processor or the GPU that computes. */
  readonly device: string
  /** Whether a GPU is really used. */
  readonly gpu: boolean
  readonly versions: Readonly<Record<string, string>>
  /** What the user must be warned of. */
  readonly warning?: string
}

/** What an engine reports once it runs. */
export interface Running {
  readonly device: string
  readonly gpu: boolean
  readonly versions: Readonly<Record<string, string>>
  readonly warning?: string
}

/** An engine that may be chosen. */
export interface Candidate {
  /** The reason it cannot be chosen, as far as is known without starting it. */
  readonly missing: () => string | undefined
  /** Starts it; with `gpuOnly`, on a GPU or not at all. Left: why this machine has none. Throws if it does not start. */
  readonly start: (gpuOnly: boolean) => Promise<E.Either<string, Running>>
}

/** The engines to choose from, and what is known about the machine before any is started. */
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
    // The cpu backend recommends tfjs-node on its first use; here it was chosen on purpose.
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
 * Every engine of this package, and whether it is installed; nothing is started. An installed webgpu engine may still find no
 * driver: `availableEngines` checks.
 */
export const installedEngines = (): ReadonlyArray<EngineAvailability> =>
  engineNames.map((name) => availability(name, machine.candidates[name].missing()))

const probedWebgpu: T.Task<EngineAvailability> = pipe(
  probeAdapter,
  TE.match(
    (reason): EngineAvailability => availability('webgpu', reason),
    ({ name, software }) => ({
      ...availability('webgpu', undefined),
      ...(software ? { note: `only by name: ${name} is not a GPU` } : {}),
    }),
  ),
)

/** Every engine of this package, and whether this machine can run it; a child process looks for a WebGPU adapter. */
export const availableEngines: T.Task<ReadonlyArray<EngineAvailability>> = () =>
  pipe(
    installedEngines(),
    T.traverseArray((engine) => (engine.name === 'webgpu' && engine.available ? probedWebgpu : T.of(engine))),
  )()

// choosing ---------------------------------------------------------------------------------------

const state: { report: EngineReport | undefined } = { report: undefined }

/** The engine that runs now: the selected one, else the backend that TensorFlow.js has chosen. */
export const engineName = (): string => state.report?.engine ?? tf.getBackend()

/** @returns left a fault of kind `input` if this machine does not have the engine, `failure` if it does not start. */
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
 * The order in which `auto` tries them: cuda without a GPU comes after native, which is the same on a smaller library; webgpu is
 * tried only if there may be a GPU, since trying loads its driver.
 */
const preferred = ({ candidates, nvidiaDriver, mayHaveGpu: gpu }: Choice): ReadonlyArray<EngineName> =>
  (nvidiaDriver() ? engineNames : (['native', 'cuda', 'webgpu', 'wasm', 'cpu'] as const)).filter(
    (name) => candidates[name].missing() === undefined && (name !== 'webgpu' || gpu()),
  )

const named = ({ candidates }: Choice, name: string): E.Either<EngineError, EngineName> => {
  if (!isEngineName(name))
    return E.left(
      badInput('EngineUnavailable', `unknown engine ${name}`, {
        where: `--engine ${name}`,
        remedy: `choose one of auto, ${engineNames.join(', ')}`,
      }),
    )
  const reason = candidates[name].missing()
  return reason === undefined
    ? E.right(name)
    : E.left(badInput('EngineUnavailable', reason, { where: `--engine ${name}` }))
}

/** Selection among given engines on a given machine. */
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
 * Makes an engine the current one. Call it before creating any tensor: tensors stay on the engine that created them.
 *
 * @returns left `EngineUnavailable`, of kind `input` if this machine does not have the engine and `failure` if it does not start.
 *
 * @example
 * ```ts
 * import { selectEngine } from '@safe/tensor-core/engine'
 * import * as E from 'fp-ts/Either'
 *
 * void selectEngine('wasm')().then((report) => {
 *   if (E.isLeft(report)) throw new Error(report.left.message)
 *   const { engine, device, gpu } = report.right
 *   console.log(`${engine} on ${device}${gpu ? ' (GPU)' : ''}`)
 * })
 * ```
 */
export const selectEngine: (name: string) => TE.TaskEither<EngineError, EngineReport> = selectFrom(machine)
