/** Puts what is made in the local folder of a remote store into that store: the results and the report. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Fault, causeLine, failure } from '@safe/tensor-core/contracts'
import type { ResultStore } from '../store'

const names = ['results.json', 'report.md', 'report.html', 'samples.html']

/** A store that is a folder has them already. */
export const published = ({ name, folder, documents }: ResultStore): TE.TaskEither<Fault, void> =>
  name === folder
    ? TE.right(undefined)
    : pipe(
        names.filter((file) => existsSync(join(folder, file))),
        TE.traverseSeqArray((file) =>
          pipe(
            TE.tryCatch(
              () => readFile(join(folder, file), 'utf8'),
              (cause): Fault => failure('ReadFailed', causeLine(cause), { where: join(folder, file) }),
            ),
            TE.chain((text) => documents.write(file, text)),
          ),
        ),
        TE.map(() => undefined),
      )
