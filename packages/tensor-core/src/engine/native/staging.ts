/** The folder of an unfinished build: removed if its process has ended, renamed into place when it is complete. */
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type * as TE from 'fp-ts/TaskEither'
import type { EngineError } from '../../contracts'
import { attempt } from './buildOptions'
import {
  type BuiltEngine,
  type Manifest,
  type Variant,
  downloadHome,
  engineFolder,
  engineHome,
  layout,
} from './home'

const prefix = '.building-'

/** This process's folder for a build, hidden beside the complete ones. */
export const stagingFolder = (variant: Variant): string =>
  join(engineHome(), `${prefix}${variant}-${process.pid}`)

export const makeStaging = (staging: string): TE.TaskEither<EngineError, unknown> =>
  attempt(staging, () => mkdir(staging, { recursive: true }))

export const removeStaging = (staging: string): TE.TaskEither<EngineError, void> =>
  attempt(staging, () => rm(staging, { recursive: true, force: true }))

/** Whether a process is running: the folder of another running build is kept. */
const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Removes the folders of interrupted builds. */
export const removeUnfinished = attempt(engineHome(), async () => {
  for (const name of await readdir(engineHome()))
    if (name.startsWith(prefix) && !isRunning(Number(name.split('-').at(-1))))
      await rm(join(engineHome(), name), { recursive: true, force: true })
})

/** Writes the manifest and renames the folder into place, replacing an older one of the same versions. */
export const settle = (staging: string, manifest: Manifest): TE.TaskEither<EngineError, BuiltEngine> => {
  const folder = engineFolder(manifest)
  return attempt(folder, async () => {
    await rm(join(staging, 'include'), { recursive: true, force: true })
    await writeFile(join(staging, layout.manifest), `${JSON.stringify(manifest, undefined, 2)}\n`)
    await rm(folder, { recursive: true, force: true })
    await rename(staging, folder)
    await rm(downloadHome(), { recursive: true, force: true })
    return { folder, manifest }
  })
}
