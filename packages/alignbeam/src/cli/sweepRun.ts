/** Every setting of a sweep answers every row once; answers are judged and written batch by batch, so that a stopped sweep continues. */
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as RA from 'fp-ts/ReadonlyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Context, type Progress, stopping } from '@safe/tensor-core/cli'
import {
  type Fault,
  type GenerationRequest,
  type Judge,
  type Judgement,
  interrupted,
} from '@safe/tensor-core/contracts'
import type { Answer } from '../mixing/answer'
import { judgeItem, promptWords } from '../mixing/judging'
import { anchorPrompt } from '../settings'
import { type Setting, settingName, settingWords } from '../sweep/grid'
import type { Outcome } from '../sweep/outcome'
import type { Answered } from '../sweep/results'
import type { SweepRow } from '../sweep/rows'
import { type Answering, type Cast, answering } from './answering'
import { rowOf } from './generate'
import { generationOf } from './generateOptions'
import { type PartialOutput, partialOutput } from './partialOutput'
import { type SweepValues, generateValuesOf } from './sweepOptions'
import { type Measured, outcomeOf } from './sweepRow'

// model ------------------------------------------------------------------------------------------

/** All that a sweep works with. */
export interface SweepRun {
  readonly values: SweepValues
  readonly context: Context
  readonly cast: Cast
  /** The judge that measures. */
  readonly verdict: Judge
  readonly rows: ReadonlyArray<SweepRow>
  readonly solves: (completion: string, response: string) => boolean
}

const stopped = (): Fault =>
  interrupted('Interrupted', 'stopped on request', { remedy: 'the same command with --resume continues' })

// parts ------------------------------------------------------------------------------------------

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

/** Answers, or a stop: what was cut short by the signal is not an answer. */
const unlessStopped =
  ({ signal }: Context) =>
  <A>(work: TE.TaskEither<Fault, A>): TE.TaskEither<Fault, A> =>
    pipe(
      TE.fromIO(() => signal.aborted),
      TE.chain((aborted) => (aborted ? TE.left(stopped()) : work)),
      TE.mapLeft((e): Fault => (e.kind === 'interrupted' ? stopped() : e)),
      TE.filterOrElse(() => !signal.aborted, stopped),
    )

/** A setting's way to answer. Prompts of tokens are the draft's: the anchor alone reads their text. */
const answererOf = ({ values, cast }: SweepRun, setting: Setting): E.Either<Fault, Answering> =>
  pipe(
    answering(generateValuesOf(values, setting), cast),
    E.map((answer): Answering => {
      const { draft, anchor } = cast
      if (setting.method !== 'anchor' || draft === undefined || anchor === undefined) return answer
      const read = anchorPrompt(anchor, draft, null)
      return (requests, generation) =>
        pipe(
          requests,
          TE.traverseSeqArray((request) =>
            pipe(
              read(request.prompt),
              TE.map((prompt): GenerationRequest => ({ ...request, prompt })),
            ),
          ),
          TE.chainW((own) => answer(own, generation)),
        )
    }),
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
  verdict: verdict === undefined ? null : { refused: verdict.refused, degenerate: verdict.degenerate },
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
    unlessStopped(run.context),
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

const answeredSetting =
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

// progress ---------------------------------------------------------------------------------------

/** What is reported of the rows: kept of an earlier run, or made now. Only the latter tell how long the rest takes. */
interface Told {
  readonly kept: (rows: number) => void
  readonly made: (rows: number, note: string) => void
}

const toldBy = (progress: Progress, total: number): Told => {
  const state = { left: total, made: 0, started: performance.now() }
  return {
    kept: (rows) => {
      state.left -= rows
      if (rows > 0) progress.tick(rows)
    },
    made: (rows, note) => {
      state.left -= rows
      state.made += rows
      progress.tick(rows, note, ((performance.now() - state.started) / 1000 / state.made) * state.left)
    },
  }
}

// all settings -----------------------------------------------------------------------------------

/** One prompt answered and forgotten: what engines do once, at their first call, is not part of a setting's time. */
const warmedUp = (run: SweepRun, settings: ReadonlyArray<Setting>): TE.TaskEither<Fault, void> => {
  const [setting, row] = [settings.at(-1), run.rows[0]]
  return setting === undefined || row === undefined
    ? TE.right(undefined)
    : pipe(
        TE.fromEither(answererOf(run, setting)),
        TE.chain((answer) =>
          answer([{ prompt: row.example.prompt, stream: 0 }], {
            ...generationOf(generateValuesOf(run.values, setting), run.context.common.seed),
            maxNewTokens: Math.min(run.values.maxNewTokens, (setting.bridgeTokens ?? 0) + 1),
          }),
        ),
        unlessStopped(run.context),
        TE.map(() => undefined),
      )
}

/** The outcomes of all settings, in their order. */
export const answeredSettings = (
  run: SweepRun,
  settings: ReadonlyArray<Setting>,
): TE.TaskEither<Fault, ReadonlyArray<Answered>> => {
  const total = settings.length * run.rows.length
  return pipe(
    warmedUp(run, settings),
    TE.chain(() => {
      const progress = run.context.progress('sweep', total)
      return pipe(
        settings,
        TE.traverseSeqArray(answeredSetting(run, toldBy(progress, total))),
        stopping(() => progress),
      )
    }),
  )
}
