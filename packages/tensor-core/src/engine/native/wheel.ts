/**
 * Extracts a few members of a Python wheel (a zip file) as streams: the two TensorFlow libraries are 850 MB unpacked and are never
 * in memory as a whole. The reader checks member names: none can leave the folder.
 */
import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import * as TE from 'fp-ts/TaskEither'
import { type Entry, type ZipFile, open } from 'yauzl'
import { type EngineError, causeLine, failure } from '../../contracts'

// reading ----------------------------------------------------------------------------------------

const openZip = (file: string): Promise<ZipFile> =>
  new Promise((resolve, reject) =>
    open(file, { lazyEntries: true, autoClose: true }, (cause, zip) => {
      // The reader's types promise a zip even with an error.
      if (cause === null) resolve(zip)
      else reject(cause)
    }),
  )

const writeEntry = async (zip: ZipFile, entry: Entry, target: string): Promise<void> => {
  await mkdir(dirname(target), { recursive: true })
  const source = await new Promise<NodeJS.ReadableStream>((resolve, reject) =>
    zip.openReadStream(entry, (cause, stream) => {
      if (cause === null) resolve(stream)
      else reject(cause)
    }),
  )
  // The upper half is the Unix mode, if the archive has one: programs stay executable.
  const mode = (entry.externalFileAttributes >>> 16) & 0o777
  await pipeline(source, createWriteStream(target, { mode: mode === 0 ? 0o644 : mode }))
}

/**
 * Writes every member for which `place` returns a path to that path below `folder`. @returns the paths written.
 * @returns left `EngineBuildFailed` if the wheel is missing or damaged, or the disk is full.
 */
export const unpackWheel = (
  file: string,
  folder: string,
  place: (member: string) => string | undefined,
): TE.TaskEither<EngineError, ReadonlyArray<string>> =>
  TE.tryCatch(
    async () => {
      const zip = await openZip(file)
      const written: string[] = []
      await new Promise<void>((resolve, reject) => {
        zip.on('error', reject)
        zip.on('end', resolve)
        zip.on('entry', (entry: Entry) => {
          const path = entry.fileName.endsWith('/') ? undefined : place(entry.fileName)
          if (path === undefined) {
            zip.readEntry()
            return
          }
          writeEntry(zip, entry, join(folder, path)).then(() => {
            written.push(path)
            zip.readEntry()
          }, reject)
        })
        zip.readEntry()
      })
      return written
    },
    (cause) =>
      failure('EngineBuildFailed', `cannot be unpacked: ${causeLine(cause)}`, {
        where: file,
        remedy: 'check the file and the free disk space, or download it again',
      }),
  )
