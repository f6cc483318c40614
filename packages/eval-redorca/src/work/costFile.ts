/** `cost.json` beside a stored step: what it took when it was computed, and what its methods did. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import type * as T from 'fp-ts/Task'
import * as t from 'io-ts'
import type { Fault } from '@safe/tensor-core/contracts'
import { writeError } from '@safe/tensor-core/files'
import { methodDiagnosticsCodec } from '../results/cost'
import type { StepRecord } from './meter'

const fileName = 'cost.json'

const amount = t.union([t.number, t.null])
const codec: t.Type<StepRecord> = t.intersection([
  t.type({ seconds: amount, peakBytes: amount, diagnostics: methodDiagnosticsCodec }),
  t.partial({ tokensDecoded: t.number }),
])

/** Of a step that was computed by a version that wrote no cost. */
const unknown: StepRecord = { seconds: null, peakBytes: null, diagnostics: {} }

/** Writes the cost of a step into its folder. */
export const writeCost = (folder: string, record: StepRecord): TE.TaskEither<Fault, void> =>
  TE.tryCatch(
    () => writeFile(join(folder, fileName), `${JSON.stringify(record, null, 2)}\n`),
    writeError(folder),
  )

/** The cost of a stored step; nothing depends on it, so a missing or unreadable one is unknown. */
export const readCost =
  (folder: string): T.Task<StepRecord> =>
  async () => {
    try {
      const read: unknown = JSON.parse(await readFile(join(folder, fileName), 'utf8'))
      return codec.is(read) ? read : unknown
    } catch {
      return unknown
    }
  }
