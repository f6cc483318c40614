/** A trained adapter out of a work folder. */
import { cp } from 'node:fs/promises'
import * as TE from 'fp-ts/TaskEither'
import type { FormatError } from '@safe/tensor-core/contracts'
import { writeError, writeFolder } from '@safe/tensor-core/files'

/** Copies an adapter's folder; the copy is complete or absent. */
export const copyAdapter = (from: string, to: string): TE.TaskEither<FormatError, void> =>
  writeFolder(to, (folder) => TE.tryCatch(() => cp(from, folder, { recursive: true }), writeError(to)))
