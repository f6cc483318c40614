/** Whether this machine has a WebGPU adapter, asked in a process of its own; and whether a GPU may be there at all. */
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

const answerCodec = t.union([t.type({ name: t.string, software: t.boolean }), t.type({ reason: t.string })])

const childFile = join(__dirname, `probeChild${extname(__filename)}`)

/** The adapter this machine offers first. @returns left why there is none. */
export const probeAdapter: TE.TaskEither<string, FoundAdapter> = pipe(
  TE.fromEither(webgpuPackages()),
  TE.chain(() => askChild(childFile, [])),
  TE.chainEitherK((message) =>
    pipe(
      answerCodec.decode(message),
      E.mapLeft(() => 'the look for an adapter gave no readable answer'),
      E.chain((answer) => ('reason' in answer ? E.left(answer.reason) : E.right(answer))),
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

/** Whether a GPU may be there, told without loading any driver: a device file on Linux; elsewhere one always may. */
export const mayHaveGpu = (): boolean =>
  process.platform !== 'linux' || nvidiaDriverPresent() || renderNodes()
