/** Puts a file into the page cache, or drops it from there. */
import { execFileSync } from 'node:child_process'
import { closeSync, openSync, readSync } from 'node:fs'

export type PageCache = 'cold' | 'warm'

const DROP = `
import os, sys
file = os.open(sys.argv[1], os.O_RDONLY)
os.fsync(file)
os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
`

const readThrough = (path: string): void => {
  const buffer = Buffer.alloc(1 << 23)
  const file = openSync(path, 'r')
  while (readSync(file, buffer) > 0);
  closeSync(file)
}

/** Cold: its pages are dropped with posix_fadvise (through Python, as Node has no such call); a disk's own cache may still hold it. */
export const prepareCache = (python: string, path: string, state: PageCache): void => {
  if (state === 'cold') execFileSync(python, ['-c', DROP, path])
  else readThrough(path)
}
