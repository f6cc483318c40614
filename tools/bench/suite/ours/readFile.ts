/** The plain read a load is compared with: the whole checkpoint into fresh memory, and through one small buffer thrown away. */
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

export const readFile = async (folder: string, { file }: Request): Promise<Omit<Measured, 'peakBytes'>> => {
  const path = weightsFile(folder, file)
  // Fresh memory first: only this read finds the page cache as the suite has left it.
  const kept: Uint8Array[] = []
  const first = await spent(() =>
    readInto(path, () => {
      const chunk = Buffer.allocUnsafeSlow(CHUNK)
      kept.push(chunk)
      return chunk
    }),
  )
  const scratch = Buffer.allocUnsafeSlow(CHUNK)
  const second = await spent(() => readInto(path, () => scratch))
  return { seconds: [first.seconds], plainSeconds: [second.seconds], bytes: first.value }
}
