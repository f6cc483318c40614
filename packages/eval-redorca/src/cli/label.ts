/** `label`: a page on which people label stored answers, and how the answers were drawn. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  choice,
  command,
  commaSeparated,
  count,
  file,
  folder,
  overwriteOption,
  required,
  withDefault,
} from '@safe/tensor-core/cli'
import { refuseExisting, writeWhole } from '@safe/tensor-core/files'
import { candidatesOf } from '../labels/candidates'
import { choose, labelSources } from '../labels/choose'
import { labelPage } from '../labels/page'
import { readResults } from '../results/resultsFile'
import { evaluationSets } from '../suite/suite'

export const labelCommand = command({
  name: 'label',
  description:
    'write a page to label stored answers on, by keyboard in a browser, blind to judge and defence; it saves labels.jsonl',
  example: 'redorca label --results results --count 50 --out label.html',
  options: {
    results: required(folder('results folder of a benchmark')),
    count: required(count('answers to label')),
    from: withDefault(
      'stratified',
      choice(
        'stratified: equal shares of each cell and verdict; random; disagreements: where two judges differ most, which is no sample and corrects no rate',
        labelSources,
      ),
    ),
    sets: withDefault(
      ['harmful', 'lookalike'],
      commaSeparated(choice('kinds of requests whose answers are labelled', evaluationSets)),
    ),
    out: required(file('HTML page')),
    ...overwriteOption,
  },
  run: ({ results: from, count: wanted, from: how, sets, out, overwrite }, { common: { seed } }) =>
    pipe(
      TE.Do,
      TE.chainFirstEitherKW(() => refuseExisting(out, { overwrite })),
      TE.bindW('read', () => readResults(from)),
      TE.bindW('candidates', ({ read }) => TE.fromEither(candidatesOf(read.results, read.samples, sets))),
      TE.bindW('chosen', ({ candidates }) =>
        TE.fromEither(choose(candidates, { from: how, count: wanted, seed })),
      ),
      TE.chainFirstW(({ read, candidates, chosen }) =>
        writeWhole(
          out,
          labelPage(chosen, { suite: read.results.suite, from: how, population: candidates.length, seed }),
        ),
      ),
      TE.map(({ candidates, chosen }) => ({
        json: { out, rows: chosen.length, population: candidates.length, from: how, sets, seed },
        text: `${chosen.length} of ${candidates.length} answers, ${how}: open ${out} in a browser, label, and save labels.jsonl`,
      })),
    ),
})
