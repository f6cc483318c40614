/** `every-eval-ever`: for each cell a record of its metrics and a file of its answers, in the folders that their repository has. */
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { writeWhole } from '@safe/tensor-core/files'
import type { RecordSource } from './everyEvalEver'
import { aggregateRecord, instanceRecords, recordPath } from './everyEvalEverRecords'
import type { Exporter, Heading } from './exporter'
import { sha256 } from './names'

/**
 * One line of JSON for readers that take other characters than LF for the end of a line as well, as Python's `splitlines` does and with
 * it the validator of Every Eval Ever: they are written as escapes.
 */
export const jsonLine = (value: object): string =>
  `${JSON.stringify(value).replaceAll(/[\u0085\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`

export const everyEvalEverExporter = (heading: Heading, source: RecordSource): Exporter<void> => ({
  begin: () => TE.right(undefined),
  cell: (folder, cell) => {
    const path = recordPath(heading, cell)
    const answers = instanceRecords(heading, cell)
    const lines = answers.map(jsonLine).join('')
    const record = aggregateRecord(heading, source, cell, {
      format: 'jsonl',
      file_path: `${path}_samples.jsonl`,
      hash_algorithm: 'sha256',
      checksum: sha256(lines),
      total_rows: answers.length,
    })
    return pipe(
      writeWhole(join(folder, `${path}_samples.jsonl`), lines),
      TE.chain(() => writeWhole(join(folder, `${path}.json`), `${JSON.stringify(record, null, 2)}\n`)),
    )
  },
  end: () => TE.right(undefined),
})
