/**
 * Questions put to a model in this process: verdict words are scored by their probability, not generated. Rows go through the device
 * in batches of similar length; what all prompts begin with (a policy) is computed once.
 */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type JudgeError, type LmError, type Steps, failure, greedy } from '../../contracts'
import { halted } from '../../lm/inference/decoder'
import { inTokenBatches, sharedLength } from './batching'
import { type HeldSession, type Opened, grown, opened, withSession } from './growth'
import type { Plan, PlannedStep } from './plan'
import { type Choice, type OnlyAfter, type Reading, likeliest, mostOutside } from './question'
import { writtenUpTo } from './written'

// model ------------------------------------------------------------------------------------------

/** What scoring uses of a model. */
export type AskedModel = Pick<Steps, 'tokenizer' | 'open'>

/** A reply: what was chosen, and the reply as read, with the probability outside the verdict words. */
export interface Reply {
  readonly reading: Reading
  readonly raw: string
}

/** A row on its way through the steps. */
interface Row {
  /** Tokens that the session does not hold yet. */
  readonly pending: ReadonlyArray<number>
  readonly said: string
  readonly reading: Reading
}

// choosing ---------------------------------------------------------------------------------------

const choiceOf = (
  { words, spellings }: Extract<PlannedStep, { kind: 'choose' }>,
  logProbs: Float32Array,
): Choice => {
  const masses = new Map<string, number>(words.map((word) => [word, 0]))
  for (const { word, ids } of spellings)
    masses.set(word, (masses.get(word) ?? 0) + Math.exp(logProbs[ids[0] ?? -1] ?? Number.NEGATIVE_INFINITY))
  const inside = [...masses.values()].reduce((a, b) => a + b, 0)
  return {
    shares: Object.fromEntries([...masses].map(([word, mass]) => [word, inside > 0 ? mass / inside : 0])),
    outside: Math.max(0, Math.min(1, 1 - inside)),
  }
}

const chosen = (step: Extract<PlannedStep, { kind: 'choose' }>, row: Row, logProbs: Float32Array): Row => {
  const choice = choiceOf(step, logProbs)
  const word = likeliest({ ...choice, outside: 0 }) ?? ''
  const spelling = step.spellings
    .filter((s) => s.word === word)
    .reduce<(typeof step.spellings)[number] | undefined>(
      (best, s) =>
        best === undefined || (logProbs[s.ids[0] ?? -1] ?? 0) > (logProbs[best.ids[0] ?? -1] ?? 0) ? s : best,
      undefined,
    )
  return {
    pending: spelling?.ids ?? [],
    said: `${row.said}${choice.outside > mostOutside ? '?' : (spelling?.text ?? word)}`,
    reading: { ...row.reading, [step.name]: choice },
  }
}

// steps ------------------------------------------------------------------------------------------

/** Whether a row has this step. */
const concerns = ({ after }: OnlyAfter, { reading }: Row): boolean =>
  after === undefined || likeliest(reading[after.name]) === after.word

/** Gives the session the rows' pending tokens. */
const settled = (held: HeldSession, rows: ReadonlyArray<Row>): TE.TaskEither<LmError, void> =>
  grown(
    held,
    rows.map(({ pending }) => pending),
  )

const stepped =
  (model: AskedModel, held: HeldSession, step: PlannedStep) =>
  (rows: ReadonlyArray<Row>): TE.TaskEither<JudgeError, ReadonlyArray<Row>> => {
    switch (step.kind) {
      case 'teach':
        return TE.right(
          rows.map((row) =>
            concerns(step, row)
              ? { ...row, pending: [...row.pending, ...step.ids], said: `${row.said}${step.text}` }
              : row,
          ),
        )
      case 'choose':
        return pipe(
          settled(held, rows),
          TE.chain(() => held.session.logProbs),
          TE.filterOrElseW(
            (all) => all.every((row) => !Number.isNaN(row[0])),
            () => failure('JudgeFailed', 'the judging model gives logits that are not numbers'),
          ),
          TE.map((all) => rows.map((row, i) => chosen(step, row, all[i] ?? new Float32Array()))),
        )
      case 'write':
        return rows.some((row) => concerns(step, row))
          ? pipe(
              settled(held, rows),
              TE.chainW(() =>
                held.session.complete(
                  { ...greedy(step.longest), stop: [step.until] },
                  rows.map((row) => ({ maxNewTokens: concerns(step, row) ? step.longest : 0 })),
                ),
              ),
              TE.map((written) =>
                rows.map((row, i) => {
                  const { tokens, text } = writtenUpTo(model.tokenizer, written[i]?.tokens ?? [], step.until)
                  return { ...row, pending: tokens, said: `${row.said}${text}` }
                }),
              ),
            )
          : TE.right(rows)
    }
  }

/** The reply as read; a word in whose place something else was likelier is `?`. */
const replyOf = ({ said, reading }: Row): Reply => ({
  reading,
  raw: `${said.trim()} | outside ${Object.values(reading)
    .map((choice) => choice?.outside.toPrecision(3) ?? '?')
    .join(', ')}`,
})

// asking -----------------------------------------------------------------------------------------

/** The replies of rows whose session holds what they begin with; `pending` is the rest of each prompt. */
const replies = (
  model: AskedModel,
  plan: Plan,
  held: HeldSession,
  pending: ReadonlyArray<ReadonlyArray<number>>,
): TE.TaskEither<JudgeError, ReadonlyArray<Reply>> =>
  pipe(
    plan.steps.reduce<TE.TaskEither<JudgeError, ReadonlyArray<Row>>>(
      (before, step) => pipe(before, TE.chain(stepped(model, held, step))),
      TE.right(pending.map((tokens) => ({ pending: tokens, said: '', reading: {} }))),
    ),
    TE.map((rows) => rows.map(replyOf)),
  )

/**
 * One reply per prompt, in order.
 *
 * @param prompts tokens of each prompt @param batchSize most prompts read at once @param signal stops between two batches
 */
export const askModel = (
  model: AskedModel,
  plan: Plan,
  prompts: ReadonlyArray<ReadonlyArray<number>>,
  batchSize: number,
  signal?: AbortSignal,
): TE.TaskEither<JudgeError, ReadonlyArray<Reply>> => {
  const shared = sharedLength(prompts)
  const ask = (
    open: (rows: ReadonlyArray<ReadonlyArray<number>>) => TE.TaskEither<LmError, Opened>,
  ): TE.TaskEither<JudgeError, ReadonlyArray<Reply>> =>
    inTokenBatches(prompts, batchSize, (batch) =>
      pipe(
        halted(signal),
        TE.chain(() => open(batch)),
        TE.chainW(({ session, rest }) => withSession(session, (held) => replies(model, plan, held, rest))),
      ),
    )
  return shared === 0
    ? ask((batch) => opened(model, batch))
    : pipe(
        opened(model, [(prompts[0] ?? []).slice(0, shared)]),
        TE.chainW(({ session, rest }) =>
          withSession(session, (held) =>
            pipe(
              grown(held, rest),
              TE.chainW(() =>
                ask((batch) =>
                  pipe(
                    held.session.select(batch.map(() => 0)),
                    TE.map((session) => ({ session, rest: batch.map((tokens) => tokens.slice(shared)) })),
                  ),
                ),
              ),
            ),
          ),
        ),
      )
}
