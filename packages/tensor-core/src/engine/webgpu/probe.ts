/** Whether this machine has a WebGPU adapter, found out in a child process; and whether there may be a GPU at all. */
import { readdirSync } from 'node:fs'
import { extname, join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { askChild } from '../child'
import { nvidiaDriverPresent } from '../native/gpu'
import type { FoundAdapter } from './load'
import { webgpuPackages } from './package'

const resultCodec = t.union([t.type({ name: t.string, software: t.boolean }), t.type({ reason: t.string })])

const childFile = join(__dirname, `probeChild${extname(__filename)}`)

/** The first adapter of this machine. @returns left the reason why there is none. */
export const probeAdapter: TE.TaskEither<string, FoundAdapter> = pipe(
  TE.fromEither(webgpuPackages()),
  TE.chain(() => askChild(childFile, [])),
  TE.chainEitherK((message) =>
    pipe(
      resultCodec.decode(message),
      E.mapLeft(() => 'the search for an adapter gave no readable result'),
      E.chain((result) => ('reason' in result ? E.left(result.reason) : E.right(result))),
    ),
  ),
)

const renderNodes = (): boolean => {
  try {
    return readdirSync('/dev/dri').some((name) => name.startsWith('renderD'))
  } catch {
    return false
  }
}

/** Whether there may be a GPU, found out without loading a driver: a device file on Linux; always true on other systems. */
export const mayHaveGpu = (): boolean =>
  process.platform !== 'linux' || nvidiaDriverPresent() || renderNodes()
