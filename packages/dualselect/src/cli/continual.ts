/** `dualselect continual`: tasks in turn, with a replay buffer as the references, beside other ways to remember. */
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { command, rowChoiceOf, startEngine } from '@safe/tensor-core/cli'
import type { Fault } from '@safe/tensor-core/contracts'
import { writeWhole } from '@safe/tensor-core/files'
import { openModel } from '@safe/tensor-core/lm'
import { type ContinualResults, continualResults } from '../continual/results'
import { clustersOf } from '../measure/clusters'
import { continualPage } from '../report/continualPage'
import { continualText } from '../report/continualText'
import { checkJudge, withEvaluator } from './experiment/evaluation'
import { experimentFolder, experimentOptions, rowsOf } from './experiment/record'
import { checkOrigin, continuedReferences, originOf } from './origin'
import { adapterHash, originHash } from './selectionRecord'
import {
  type ContinualValues,
  checkValues,
  continualTable,
  fixedOrigin,
  readAll,
  taskRows,
} from './continualInputs'
import { readMaybe, usable } from './rows'
import { learning } from './continualLearning'

// results ----------------------------------------------------------------------------------------
const writeResults = (
  values: ContinualValues,
  tasks: ReadonlyArray<string>,
  results: ContinualResults,
): TE.TaskEither<Fault, void> =>
  pipe(
    writeWhole(join(values.out, 'results.json'), `${JSON.stringify({ tasks, ...results }, null, 2)}\n`),
    TE.chain(() =>
      writeWhole(
        join(values.out, 'report.html'),
        continualPage({
          title: values.out,
          tasks,
          results,
          replayBuffer: values.replayBuffer,
          accuracy: values.accuracy,
          ...(values.safety === undefined ? {} : { safety: { name: values.safety, judge: values.judge } }),
        }),
      ),
    ),
  )

// command ----------------------------------------------------------------------------------------

/** `dualselect continual`. */
export const continualCommand = command({
  name: 'continual',
  description: 'learns tasks in turn with a replay buffer as the references, and compares ways to remember',
  options: continualTable,
  run: (values, context) => {
    const { seed, dtype } = context.common
    const seeds = [...new Set(values.seeds ?? [seed])]
    return pipe(
      TE.fromEither(checkValues(values)),
      TE.chainEitherKW(() => checkOrigin(values)),
      TE.chainW(() => checkJudge(context, values)),
      TE.bindW('init', () => adapterHash(values.initAdapter)),
      TE.bindW('origin', () => originHash(originOf(values))),
      TE.bindW('tasks', () => readAll(values.tasks)),
      TE.bindW('tests', () => (values.tests === undefined ? TE.right(undefined) : readAll(values.tests))),
      TE.bindW('references', () => readMaybe(values.references)),
      TE.bindW('safety', () => readMaybe(values.safety)),
      TE.bindW('opened', () => openModel(values.model, rowChoiceOf(values))),
      TE.bindW('fingerprint', ({ opened }) => opened.folder.fingerprint),
      TE.bindW('rows', ({ tasks, tests, opened }) =>
        TE.fromEither(taskRows(values, { tasks, tests }, usable(values, opened, context.warn), seed)),
      ),
      TE.chainFirstW(({ tasks, tests, references, safety, fingerprint, init, origin }) =>
        experimentFolder(
          values.out,
          values,
          experimentOptions(
            { ...values, seed, dtype },
            {
              model: fingerprint,
              initAdapter: init,
              origin,
              tasks: rowsOf(tasks),
              tests: tests === undefined ? undefined : rowsOf(tests),
              references: references === undefined ? undefined : rowsOf([references]),
              safety: safety === undefined ? undefined : rowsOf([safety]),
            },
          ),
        ),
      ),
      TE.chainFirstW(() => startEngine(context)),
      TE.bindW('completed', ({ references, fingerprint }) =>
        references === undefined || values.referenceLoss !== 'kl'
          ? TE.right(references)
          : continuedReferences(context, {
              model: values.model,
              init: values.initAdapter,
              origin: fixedOrigin(values),
              maxNewTokens: values.referenceTokens,
              batchSize: values.batchSize,
              keep: join(values.out, 'continuations.jsonl'),
              fingerprint,
              ...rowChoiceOf(values),
            })(references),
      ),
      TE.bindW('memory', ({ completed, opened }) =>
        completed === undefined
          ? TE.right(undefined)
          : TE.fromEither(usable(values, opened, context.warn)(completed)),
      ),
      TE.bindW('learned', ({ rows, memory, safety, opened }) =>
        withEvaluator(
          context,
          {
            model: values.model,
            opened,
            tests: rows.test,
            safety,
            values,
            maxLength: values.maxLength,
            ...rowChoiceOf(values),
          },
          (evaluate) =>
            learning(context, {
              values,
              choice: {
                model: values.model,
                opened,
                checkpointEvery: values.checkpointEvery,
                origin: fixedOrigin(values),
                ...rowChoiceOf(values),
              },
              evaluate,
              rows,
              safety: memory?.examples ?? [],
              seeds,
            }),
        ),
      ),
      TE.let('results', ({ learned: { runs, start }, rows, safety }) =>
        continualResults(runs, start, {
          seed,
          tasks: rows.test.map(clustersOf),
          safety: safety === undefined ? undefined : clustersOf(safety),
        }),
      ),
      TE.chainFirstW(({ results }) => writeResults(values, values.tasks, results)),
      TE.map(({ results }) => ({
        json: { out: values.out, report: join(values.out, 'report.html'), tasks: values.tasks, ...results },
        text: `${continualText(values.tasks, results)}\nreport: ${join(values.out, 'report.html')}`,
      })),
    )
  },
})
