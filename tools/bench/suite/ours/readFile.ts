/** The plain reads that loading is compared with: the whole checkpoint through one small buffer, or into fresh memory. */
import { open } from 'node:fs/promises'
import { weightsFile } from '../files'
import type { Measured } from '../measured'
import type { Request } from '../request'
import { spent } from './result'

const CHUNK = 1 << 23

/** Reads the file into `target(at, length)`, chunk by chunk. */
const readInto = async (
  path: string,
  target: (at: number, length: number) => Uint8Array,
): Promise<number> => {
  const file = await open(path)
  try {
    let at = 0
    for (;;) {
      const { bytesRead } = await file.read(target(at, CHUNK), 0, undefined, at)
      if (bytesRead === 0) return at
      at += bytesRead
    }
  } finally {
    await file.close()
  }
}

/** Reads through one buffer without keeping anything: as fast as a file can be read. */
export const readThrough = async (
  folder: string,
  { file }: Request,
): Promise<Omit<Measured, 'peakBytes'>> => {
  const scratch = Buffer.alloc(CHUNK)
  const { value, seconds } = await spent(() => readInto(weightsFile(folder, file), () => scratch))
  return { seconds: [seconds], bytes: value }
}

/** Reads into fresh memory, where a loaded checkpoint has to go; then once more through one buffer. */
export const readFile = async (folder: string, request: Request): Promise<Omit<Measured, 'peakBytes'>> => {
  const path = weightsFile(folder, request.file)
  // Fresh memory first: only the first read finds the page cache in the state that the suite prepared.
  const kept: Uint8Array[] = []
  const first = await spent(() =>
    readInto(path, () => {
      const chunk = Buffer.allocUnsafeSlow(CHUNK)
      kept.push(chunk)
      return chunk
    }),
  )
  const through = await readThrough(folder, request)
  return { seconds: [first.seconds], plainSeconds: through.seconds, bytes: first.value }
}
