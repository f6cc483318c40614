/** `dualselect tune`: the strength of the correction and the token budget, chosen on validation rows at bounded utility. */
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { command, rowChoiceOf, startEngine } from '@safe/tensor-core/cli'
import type { Dataset, Fault } from '@safe/tensor-core/contracts'
import { writeWhole } from '@safe/tensor-core/files'
import { readDataset } from '@safe/tensor-core/formats'
import { openModel } from '@safe/tensor-core/lm'
import { clustersOf } from '../measure/clusters'
import { tunePage } from '../report/tunePage'
import { estimateText } from '../report/estimateText'
import { gridOf } from '../tune/grid'
import type { TuneResults } from '../tune/results'
import { checkJudge, withEvaluator } from './experiment/evaluation'
import { experimentFolder, experimentOptions } from './experiment/record'
import { type Parts, heldOutRows } from './experiment/heldOutRows'
import { inputsOf } from './inputs'
import { checkOrigin, originOf } from './origin'
import { completing } from './completing'
import { readMaybe, usable } from './rows'
import { adapterHash, originHash, rowsHash } from './selectionRecord'
import { type TuneValues, searched, tuneTable } from './tuneSearch'

// output -----------------------------------------------------------------------------------------

const textOf = ({ plain, settings, chosen, reason }: TuneResults): string =>
  [
    `plain: accuracy ${estimateText(plain.accuracy)}, safety ${estimateText(plain.safety)}`,
    ...settings.map(
      (s) =>
        `rho ${s.rho}, budget ${s.tokenBudget}: accuracy ${estimateText(s.accuracy)}, safety ${estimateText(s.safety)}${
          s.keepsTask ? '' : ', does not keep the task'
        }`,
    ),
    reason,
    ...(chosen === null
      ? []
      : [
          `use --rho ${chosen.rho} --token-budget ${chosen.tokenBudget}; measure it on other rows`,
          `in a benchmark: sweep: { dualselect: [{ rho: ${chosen.rho}, token-budget: ${chosen.tokenBudget} }] }`,
        ]),
  ].join('\n')

const writeResults = (values: TuneValues, results: TuneResults): TE.TaskEither<Fault, void> =>
  pipe(
    writeWhole(join(values.out, 'results.json'), `${JSON.stringify(results, null, 2)}\n`),
    TE.chain(() =>
      writeWhole(
        join(values.out, 'report.html'),
        tunePage({
          title: values.out,
          task: values.task,
          safety: values.safety,
          judge: values.judge,
          results,
        }),
      ),
    ),
  )

// command ----------------------------------------------------------------------------------------

/** `dualselect tune`. */
export const tuneCommand = command({
  name: 'tune',
  description: 'chooses rho and the token budget on validation rows: the safest setting that keeps the task',
  options: tuneTable,
  run: (values, context) => {
    const { seed, dtype } = context.common
    const seeds = [...new Set(values.seeds ?? [seed])]
    const choice = { ...rowChoiceOf(values) }
    const [weakest] = gridOf(values)
    const partsOf = (task: Dataset, validation: Dataset | undefined): E.Either<Fault, Parts> =>
      validation === undefined
        ? heldOutRows(task, { holdout: values.holdout, seed, place: 0, instead: 'validation' })
        : E.right({ train: task, test: validation })
    return pipe(
      TE.fromEither(inputsOf({ ...values, rho: weakest?.rho ?? 1, tokenBudget: weakest?.tokenBudget })),
      TE.bindTo('inputs'),
      TE.chainFirstEitherKW(() => checkOrigin(values)),
      TE.chainFirstW(() => checkJudge(context, values)),
      TE.bindW('init', () => adapterHash(values.initAdapter)),
      TE.bindW('origin', () => originHash(originOf(values))),
      TE.bindW('validation', () => readMaybe(values.validation)),
      TE.bindW('safety', () => readDataset(values.safety)),
      TE.bindW('task', () => readDataset(values.task)),
      TE.chainFirstEitherKW(({ task, validation }) => partsOf(task, validation)),
      TE.bindW('references', () => readDataset(values.references)),
      TE.bindW('opened', () => openModel(values.model, choice)),
      TE.bindW('fingerprint', ({ opened }) => opened.folder.fingerprint),
      TE.chainFirstW(({ task, references, validation, safety, fingerprint, init, origin }) =>
        experimentFolder(
          values.out,
          values,
          experimentOptions(
            { ...values, seed, dtype },
            {
              model: fingerprint,
              initAdapter: init,
              origin,
              task: rowsHash(task),
              references: rowsHash(references),
              validation: validation === undefined ? undefined : rowsHash(validation),
              safety: rowsHash(safety),
            },
          ),
        ),
      ),
      TE.chainFirstW(() => startEngine(context)),
      TE.bindW('given', ({ inputs }) => inputs.rows(context.warn, completing(values, inputs, context))),
      TE.bindW('parts', ({ given: { task, opened }, validation }) =>
        pipe(
          TE.fromEither(partsOf(task, validation)),
          TE.chainEitherKW(({ train, test }) =>
            pipe(
              usable(values, opened, context.warn)(test),
              E.map((measured): Parts => ({ train, test: measured })),
            ),
          ),
        ),
      ),
      TE.bindW('results', ({ inputs, given, parts, safety }) => {
        const { opened } = given
        return withEvaluator(
          context,
          {
            model: values.model,
            opened,
            tests: [parts.test],
            safety,
            values,
            maxLength: values.maxLength,
            ...choice,
          },
          (evaluate) =>
            searched(context, {
              values,
              inputs,
              given,
              task: parts.train,
              units: { accuracy: clustersOf(parts.test), safety: clustersOf(safety) },
              choice: {
                model: values.model,
                opened,
                checkpointEvery: values.checkpointEvery,
                origin: originOf(values),
                ...choice,
              },
              evaluate,
              seeds,
            }),
        )
      }),
      TE.chainFirstW(({ results }) => writeResults(values, results)),
      TE.map(({ results }) => ({
        json: { out: values.out, report: join(values.out, 'report.html'), ...results },
        text: `${textOf(results)}\nreport: ${join(values.out, 'report.html')}`,
      })),
    )
  },
})
