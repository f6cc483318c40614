/** Writes `samples.html` and its files of texts. */
import { existsSync } from 'node:fs'
import { open, readdir, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Fault, causeLine, failure } from '@safe/tensor-core/contracts'
import { writeWhole } from '@safe/tensor-core/files'
import { sidecarFolder, sidecarName } from '../../results/ownNames'
import { browserFiles, sidecarCall } from './files'
import { type BrowserInput, browserData } from './shape'

/** The page's name in its folder. */
export const samplesPage = 'samples.html'

// parts ------------------------------------------------------------------------------------------

const beginning = async (path: string): Promise<string> => {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(sidecarCall.length))
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}

/**
 * Removes the files of texts of an earlier page: those that are not written again would stay, with texts that the present page may
 * leave out. Files of anything else are kept.
 */
const withoutEarlier = (folder: string): TE.TaskEither<Fault, void> =>
  TE.tryCatch(
    async () => {
      if (!existsSync(folder)) return
      const entries = await readdir(folder, { withFileTypes: true })
      for (const entry of entries.filter((e) => e.isFile() && sidecarName.test(e.name))) {
        const path = join(folder, entry.name)
        if ((await beginning(path)) === sidecarCall) await rm(path)
      }
      if ((await readdir(folder)).length === 0) await rmdir(folder)
    },
    (cause): Fault => failure('WriteFailed', causeLine(cause), { where: folder }),
  )

// writing ----------------------------------------------------------------------------------------

/** Writes the page into a folder, its files of texts first. */
export const writeBrowser = (out: string, input: BrowserInput): TE.TaskEither<Fault, void> => {
  const { page, sidecars } = browserFiles(browserData(input))
  const folder = join(out, sidecarFolder)
  return pipe(
    withoutEarlier(folder),
    TE.chainW(() =>
      pipe(
        sidecars,
        TE.traverseSeqArray(({ name, content }) => writeWhole(join(folder, name), content)),
      ),
    ),
    TE.chainW(() => writeWhole(join(out, samplesPage), page)),
  )
}
