/** One setting answers every row; answers are judged and written batch by batch, so that a stopped sweep continues. */
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as RA from 'fp-ts/ReadonlyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Fault, Judgement } from '@safe/tensor-core/contracts'
import type { Answer } from '../mixing/answer'
import { judgeItem, promptWords } from '../mixing/judging'
import { type Setting, settingName, settingWords } from '../sweep/grid'
import type { Outcome } from '../sweep/outcome'
import type { Answered } from '../sweep/results'
import type { SweepRow } from '../sweep/rows'
import type { Answering } from './answering'
import { rowOf } from './generate'
import { generationOf } from './generateOptions'
import { type PartialOutput, partialOutput } from './partialOutput'
import { type SweepRun, answererOf, sweepStopped } from './sweepAnswering'
import { unlessStopped } from './unlessStopped'
import { generateValuesOf } from './sweepOptions'
import { type Measured, outcomeOf } from './sweepRow'

// model ------------------------------------------------------------------------------------------

/** What is reported of the rows: kept of an earlier run, or made now. Only the latter tell how long the rest takes. */
export interface Told {
  readonly kept: (rows: number) => void
  readonly made: (rows: number, note: string) => void
}

// measuring --------------------------------------------------------------------------------------

/** The work with its wall-clock seconds. */
const timed = <A>(
  work: TE.TaskEither<Fault, A>,
): TE.TaskEither<Fault, { readonly made: A; readonly seconds: number }> =>
  pipe(
    TE.fromIO(() => performance.now()),
    TE.chain((start) =>
      pipe(
        work,
        TE.map((made) => ({ made, seconds: (performance.now() - start) / 1000 })),
      ),
    ),
  )

/** Verdicts of a batch, by the place of the row; rows of a task are not judged. */
const judged = (
  { cast, verdict }: SweepRun,
  rows: ReadonlyArray<SweepRow>,
  answers: ReadonlyArray<Answer>,
): TE.TaskEither<Fault, ReadonlyMap<string, Judgement['verdict']>> => {
  const items = RA.zipWith(rows, answers, (row, answer) => ({ row, answer })).flatMap(({ row, answer }, i) =>
    row.set === 'task'
      ? []
      : [
          judgeItem(
            String(i),
            promptWords({ tokenizer: cast.draft?.tokenizer }, row.example.prompt),
            answer.completion,
          ),
        ],
  )
  return pipe(
    items.length === 0 ? TE.right<Fault, ReadonlyArray<Judgement>>([]) : verdict.judge(items),
    TE.map((all) => new Map(all.map((j) => [j.id, j.verdict]))),
  )
}

const measuredOf = (
  { set }: SweepRow,
  { completion }: Answer,
  verdict: Judgement['verdict'] | undefined,
  seconds: number,
): Measured => ({
  set,
  verdict:
    verdict === undefined
      ? null
      : { refused: verdict.refused, harmful: verdict.harmful, degenerate: verdict.degenerate },
  tokens: completion.tokens.length,
  seconds: Number(seconds.toPrecision(6)),
})

// one setting ------------------------------------------------------------------------------------

/** Lines of the rows `from` to `to`. */
const answeredBatch = (
  run: SweepRun,
  setting: Setting,
  answer: Answering,
  from: number,
  to: number,
): TE.TaskEither<Fault, ReadonlyArray<string>> => {
  const rows = run.rows.slice(from, to)
  return pipe(
    timed(
      answer(
        rows.map(({ example }, i) => ({ prompt: example.prompt, stream: from + i })),
        generationOf(generateValuesOf(run.values, setting), run.context.common.seed),
      ),
    ),
    TE.bindTo('timed'),
    TE.bind('verdicts', ({ timed: { made } }) => judged(run, rows, made)),
    unlessStopped(run.context, sweepStopped),
    TE.map(({ timed: { made, seconds }, verdicts }) =>
      RA.zipWith(rows, made, (row, given) => ({ row, given })).map(({ row, given }, i) =>
        JSON.stringify({
          ...rowOf(run.cast.draft, row.example, given),
          ...measuredOf(row, given, verdicts.get(String(i)), seconds / rows.length),
        }),
      ),
    ),
  )
}

/** The lines of a setting: those of an earlier run, then the ones made now. */
const linesOf = (
  run: SweepRun,
  setting: Setting,
  path: string,
  told: Told,
): TE.TaskEither<Fault, ReadonlyArray<string>> => {
  const { rows, values } = run
  const restOf = (answer: Answering, { done, append }: PartialOutput) =>
    pipe(
      RA.makeBy(
        Math.ceil((rows.length - done.length) / values.batchSize),
        (b) => done.length + b * values.batchSize,
      ),
      TE.traverseSeqArray((from) =>
        pipe(
          answeredBatch(run, setting, answer, from, Math.min(rows.length, from + values.batchSize)),
          TE.chainFirstW(append),
          TE.tapIO((lines) => () => told.made(lines.length, settingWords(setting))),
        ),
      ),
    )
  return pipe(
    TE.Do,
    TE.bind('answer', () => TE.fromEither(answererOf(run, setting))),
    TE.bindW('output', () =>
      partialOutput(
        path,
        rows.map(({ example }) => example.id),
        true,
      ),
    ),
    TE.tapIO(
      ({ output }) =>
        () =>
          told.kept(output.done.length),
    ),
    TE.bindW('made', ({ answer, output }) => restOf(answer, output)),
    TE.chainFirstW(({ output }) => output.finish),
    TE.map(({ output, made }) => [...output.done, ...made.flat()]),
  )
}

/** All rows answered by one setting; what an earlier run has answered is read. */
export const answeredSetting =
  (run: SweepRun, told: Told) =>
  (setting: Setting): TE.TaskEither<Fault, Answered> => {
    const path = join(run.values.out, 'answers', `${settingName(setting)}.jsonl`)
    const read = outcomeOf(run.solves)
    return pipe(
      linesOf(run, setting, path, told),
      TE.chainEitherK((lines) =>
        pipe(
          RA.zipWith(run.rows, lines, (row, line) => ({ row, line })),
          E.traverseReadonlyArrayWithIndex((i, { row, line }): E.Either<Fault, Outcome> =>
            read(line, row, `${path}:${i + 1}`),
          ),
        ),
      ),
      TE.map((outcomes) => ({ setting, outcomes })),
    )
  }
