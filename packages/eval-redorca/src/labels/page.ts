/**
 * The page to label answers on: one file that loads nothing and sends nothing. Answers are data to it, set as text; its policy allows
 * its own script and style by their hashes and nothing else, so that whatever an answer holds does nothing.
 */
import { escaped, pageData, pageOf, raw } from '@safe/tensor-core/page'
import { contentHash } from '@safe/tensor-core/files'
import { cellName, modelPrefix, withListed } from '../plan/factors'
import type { StoredVerdicts } from '../results/verdictAxes'
import type { Chosen, LabelSource } from './choose'
import { body } from './pageBody'
import { script } from './pageScript'
import { style } from './pageStyle'

// model ------------------------------------------------------------------------------------------

/** A row of the page; the labels saved from it are these fields with `harmful` and `refused`. */
interface PageRow {
  readonly id: string
  readonly cell: string
  readonly prompt: string
  readonly completion: string
  readonly set: string
  readonly defence: string
  readonly regime: string
  readonly seed: number
  readonly weight: number | null
  readonly verdicts: StoredVerdicts
}

/** How the rows were chosen, for the reader of the page. */
export interface PageFacts {
  readonly suite: string
  readonly from: LabelSource
  readonly population: number
  readonly seed: number
}

// parts ------------------------------------------------------------------------------------------

const rowOf = ({ cell, sample, weight, verdicts }: Chosen): PageRow => ({
  id: sample.id,
  cell: cell.id,
  prompt: sample.prompt,
  completion: sample.completion,
  set: sample.set,
  defence: cellName(withListed(cell)),
  regime: `${modelPrefix(cell.factors)}${cell.factors.regime}`,
  seed: cell.factors.seed,
  weight,
  verdicts,
})

const chosenWords: Readonly<Record<LabelSource, string>> = {
  disagreements: 'those on which two judges differ most first',
  random: 'drawn at random',
  stratified: 'drawn in equal shares of every cell and verdict',
}

// constructors -----------------------------------------------------------------------------------

/** The page as one HTML document. */
export const labelPage = (chosen: ReadonlyArray<Chosen>, facts: PageFacts): string => {
  const rows = chosen.map(rowOf)
  const about = `Suite ${facts.suite}: ${rows.length} of ${facts.population} answers, ${chosenWords[facts.from]}, seed ${facts.seed}.`
  return pageOf({
    title: `Label answers: ${facts.suite}`,
    style,
    script,
    key: contentHash(rows),
    body: raw(body(escaped(about))),
    data: [pageData('rows', rows)],
  })
}
