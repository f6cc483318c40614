/**
 * The cache of built engines: one folder per variant, TensorFlow version, tfjs version and platform, under the user's cache.
 * A folder with a readable `engine.json` is complete: it was built in another folder and renamed into place.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type EngineError, causeLine, failure } from '../../contracts'
import { cacheHome } from '../../files/cacheHome'

// model ------------------------------------------------------------------------------------------

/** What `engine build` can build. */
export const variants = ['native', 'cuda'] as const
/** A kind of engine that can be built: `native` on the processor, `cuda` on an NVIDIA GPU. */
export type Variant = (typeof variants)[number]

const requiredCodec = t.type({
  variant: t.keyof({ native: null, cuda: null }),
  tensorflow: t.string,
  tfjs: t.string,
  platform: t.string,
  arch: t.string,
  /** Where libtensorflow came from: the file name of a wheel, or a folder that must stay where it is. */
  origin: t.string,
  built: t.string,
})
/** The digest of the fused kernels' sources. Earlier releases wrote a version number, or had no such kernels. */
const kernelsCodec = t.partial({ kernels: t.union([t.string, t.number]) })
const manifestCodec = t.intersection([requiredCodec, kernelsCodec])
export type Manifest = t.TypeOf<typeof manifestCodec>

export interface BuiltEngine {
  readonly folder: string
  readonly manifest: Manifest
}

/** Names inside a built engine's folder; libraries keep the layout of a wheel, because they find each other by it. */
export const layout = {
  manifest: 'engine.json',
  addon: 'tfjs_binding.node',
  quiet: 'quiet.node',
  kernels: 'kernels.node',
  libraries: 'tensorflow',
} as const

// paths ------------------------------------------------------------------------------------------

export const engineHome = (): string => join(cacheHome(), 'engine')
export const downloadHome = (): string => join(engineHome(), 'downloads')

export const engineFolder = (m: Omit<Manifest, 'origin' | 'built'>): string =>
  join(engineHome(), `${m.variant}-tensorflow-${m.tensorflow}-tfjs-${m.tfjs}-${m.platform}-${m.arch}`)

// reading ----------------------------------------------------------------------------------------

const readManifest = (folder: string): ReadonlyArray<BuiltEngine> =>
  pipe(
    E.tryCatch(
      (): unknown => JSON.parse(readFileSync(join(folder, layout.manifest), 'utf8')),
      () => undefined,
    ),
    E.chainW((u) => manifestCodec.decode(u)),
    E.match(
      () => [],
      (manifest) => (existsSync(join(folder, layout.addon)) ? [{ folder, manifest }] : []),
    ),
  )

/** Complete engines for this platform, newest first. */
export const builtEngines = (): ReadonlyArray<BuiltEngine> =>
  pipe(
    E.tryCatch(
      () => readdirSync(engineHome()),
      () => undefined,
    ),
    E.getOrElse((): string[] => []),
    (names) =>
      names.filter((name) => !name.startsWith('.')).flatMap((name) => readManifest(join(engineHome(), name))),
  )
    .filter(({ manifest: m }) => m.platform === process.platform && m.arch === process.arch)
    .sort((a, b) => b.manifest.built.localeCompare(a.manifest.built))

export const builtEngine = (variant: Variant): BuiltEngine | undefined =>
  builtEngines().find((b) => b.manifest.variant === variant)

// removing ---------------------------------------------------------------------------------------

/** Removes built engines, unfinished builds and kept downloads. @returns the removed folder, undefined if there was none. */
export const cleanEngines: TE.TaskEither<EngineError, { readonly removed: string | undefined }> = TE.tryCatch(
  async () => {
    const home = engineHome()
    const existed = existsSync(home)
    await rm(home, { recursive: true, force: true })
    return { removed: existed ? home : undefined }
  },
  (cause) => failure('EngineFailed', causeLine(cause), { where: engineHome() }),
)
