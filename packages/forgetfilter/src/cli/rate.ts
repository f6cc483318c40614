/** `forgetfilter rate`: forgetting rates from two files of completions or token scores, of any model or server. No engine is needed. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { command, dataFile, file, optional, required } from '@safe/tensor-core/cli'
import { type Fault, responseText } from '@safe/tensor-core/contracts'
import { readDataset, writeJsonl } from '@safe/tensor-core/formats'
import { checkReference } from '../checkOptions'
import { forgetFilterOptions } from '../options'
import { type GroundTruth, type Named, forgettingRates } from '../rates/rates'
import { readObservations } from '../rates/records'
import { pastCompletions } from '../rates/reference'
import { observedField } from '../rates/signals'
import { warnOfScripts } from './rowWarnings'
import { checkTargets, outputOptions } from './targets'

const readTruth = (path: string): TE.TaskEither<Fault, Named<GroundTruth>> =>
  pipe(
    readDataset(path),
    TE.map(({ name, examples }) => ({
      name,
      rows: examples.map(({ id, response }) => ({ id, response: responseText(response) })),
    })),
  )

export const rateCommand = command({
  name: 'rate',
  description: 'forgetting rates from two files of observations, matched by id',
  example: 'forgetfilter rate --before before.jsonl --after after.jsonl --data noisy.jsonl --out rates.jsonl',
  options: {
    before: required(file('rows {id, completion | logProbs | correct} of the model before the safe set')),
    after: required(file('the same rows of the model after the safe set')),
    data: optional(
      dataFile('the data with the ground truth (needed by rouge, but not for past completions)'),
    ),
    signal: forgetFilterOptions.signal,
    reference: forgetFilterOptions.reference,
    ...outputOptions,
  },
  run: (v, context) => {
    const field = observedField(v.signal)
    return pipe(
      TE.fromEither(
        pipe(
          checkTargets([v.out], [v.before, v.after, v.data], v.overwrite),
          E.chainW(() => checkReference(v)),
        ),
      ),
      TE.chain(() => (v.data === undefined ? TE.right(undefined) : readTruth(v.data))),
      TE.bindTo('truth'),
      TE.chainFirstIOK(({ truth }) =>
        warnOfScripts(context, v.signal, v.reference, truth?.rows.map(({ response }) => response) ?? []),
      ),
      TE.apSW('before', readObservations(v.before, field)),
      TE.apSW('after', readObservations(v.after, field)),
      TE.chainEitherKW(({ truth, before, after }) =>
        forgettingRates(
          v.signal,
          before,
          after,
          v.reference === 'past-completion' ? pastCompletions(before, truth) : truth,
        ),
      ),
      TE.chainFirstW((rates) => writeJsonl(v.out, rates)),
      TE.map((rates) => ({
        json: { out: v.out, signal: v.signal, rows: rates.length },
        text: `${rates.length} rates (${v.signal}) in ${v.out}`,
      })),
    )
  },
})
