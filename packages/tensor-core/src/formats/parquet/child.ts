/**
 * The process in which a Parquet file is decoded: rows are written to standard output as lines of JSON, errors are sent to the
 * parent. A decoder that trusts numbers inside pages can be made to run for ever or to use all memory; here that costs a child
 * process, not the program.
 */
import { open } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import { Damage } from './damage'
import { decodeParquet } from './decode'

/** The messages that the process sends besides its rows. */
export type ChildWord =
  /** The process starts work on this many bytes of the file. */
  | { readonly kind: 'work'; readonly bytes: number }
  | { readonly kind: 'damaged' | 'unsupported'; readonly message: string; readonly row?: number }

const say = (word: ChildWord): Promise<void> =>
  new Promise((resolve) => {
    if (process.send === undefined) resolve()
    else process.send(word, () => resolve())
  })

const partCharacters = 1 << 20

/** Writes a text and waits until the parent has read it. */
const write = (text: string): Promise<void> =>
  new Promise((resolve) => {
    if (process.stdout.write(text)) resolve()
    else process.stdout.once('drain', resolve)
  })

const writeLines = async (lines: ReadonlyArray<string>): Promise<void> => {
  let part: Array<string> = []
  let length = 0
  for (const line of lines) {
    part.push(line, '\n')
    length += line.length + 1
    if (length < partCharacters) continue
    await write(part.join(''))
    part = []
    length = 0
  }
  if (part.length > 0) await write(part.join(''))
}

const main = async (path: string): Promise<void> => {
  const handle = await open(path, 'r')
  const { size } = await handle.stat()
  await say({ kind: 'work', bytes: Math.min(size, 1 << 20) })
  for await (const { bytes, lines } of decodeParquet(handle, size)) {
    await say({ kind: 'work', bytes })
    await writeLines(await lines())
  }
  await handle.close()
}

const wordOf = (cause: unknown): ChildWord =>
  cause instanceof Damage
    ? { kind: cause.kind, message: cause.message, ...(cause.row === undefined ? {} : { row: cause.row }) }
    : {
        kind: 'damaged',
        message: cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause),
      }

/** A decoder in an endless loop handles no events, so a separate thread ends the process when its parent has ended. */
const orphanWatch = `
  const parent = process.ppid
  setInterval(() => process.ppid === parent || process.kill(process.pid, 'SIGKILL'), 500)`
new Worker(orphanWatch, { eval: true, execArgv: [] }).unref()

// the parent decides when to stop
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined)
process.on('disconnect', () => process.exit(1))

void main(process.argv[2] ?? '')
  .catch((cause: unknown) => say(wordOf(cause)))
  .then(() => {
    process.removeAllListeners('disconnect')
    process.disconnect()
  })
