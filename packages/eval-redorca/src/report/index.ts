/** The report of a benchmark: `report.html` and `report.md` beside its results. */
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { parse } from 'yaml'
import type { Fault } from '@safe/tensor-core/contracts'
import { writeWhole } from '@safe/tensor-core/formats'
import type { Results } from '../bench/results'
import type { Sample } from '../bench/samples'
import { markdown } from './markdown'
import { page } from './page'

export { headline } from './headline'
export { markdown } from './markdown'
export { page, type ReportInput } from './page'

const configIn = (out: string): unknown => {
  const path = join(out, 'config.yaml')
  return existsSync(path) ? parse(readFileSync(path, 'utf8')) : {}
}

/** @returns the page's path. */
export const writeReport = (
  out: string,
  {
    results,
    samples,
  }: { readonly results: Results; readonly samples: ReadonlyMap<string, ReadonlyArray<Sample>> },
): TE.TaskEither<Fault, string> => {
  const path = join(out, 'report.html')
  return pipe(
    writeWhole(path, page({ results, samples, config: configIn(out) })),
    TE.chain(() => writeWhole(join(out, 'report.md'), markdown(results))),
    TE.map(() => resolve(path)),
  )
}
