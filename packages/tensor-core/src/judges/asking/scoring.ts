/**
 * Questions put to a model in this process: verdict words are scored by their probability, not generated. Rows go through the device
 * in batches of similar length; what all prompts begin with (a policy) is computed once.
 */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type DecodingSession,
  type JudgeError,
  type LmError,
  type Steps,
  failure,
  greedy,
  tokenPrompt,
} from '../../contracts'
import { inBatches } from '../../lm/inference/batches'
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

/** A session that is replaced as it grows; the last one is freed. */
interface Held {
  session: DecodingSession
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
const settled = (held: Held, rows: ReadonlyArray<Row>): TE.TaskEither<LmError, void> =>
  rows.every((row) => row.pending.length === 0)
    ? TE.right(undefined)
    : pipe(
        held.session.edit(
          rows.map(({ pending }, i) => ({ keep: held.session.tokens[i]?.length ?? 0, tokens: pending })),
        ),
        TE.map((next) => {
          held.session.dispose()
          held.session = next
        }),
      )

const stepped =
  (model: AskedModel, held: Held, step: PlannedStep) =>
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

// batches ----------------------------------------------------------------------------------------

/** Shorter beginnings are not worth a session of their own. */
const shortestShared = 16

/** How many tokens all rows begin with; each keeps at least one token of its own. */
export const sharedLength = (rows: ReadonlyArray<ReadonlyArray<number>>): number => {
  const [first = []] = rows
  const most = Math.min(...rows.map((row) => row.length - 1))
  let shared = 0
  while (shared < most && rows.every((row) => row[shared] === first[shared])) shared++
  return rows.length > 1 && shared >= shortestShared ? shared : 0
}

const withSession = <A>(
  open: TE.TaskEither<LmError, DecodingSession>,
  use: (held: Held) => TE.TaskEither<JudgeError, A>,
): TE.TaskEither<JudgeError, A> =>
  TE.bracket(
    pipe(
      open,
      TE.map((session): Held => ({ session })),
    ),
    use,
    (held) => TE.fromIO(() => held.session.dispose()),
  )

/** Takes the tokens taught before the first choice along with the prompt. */
const runSteps =
  (model: AskedModel, plan: Plan, held: Held) =>
  (rows: ReadonlyArray<Row>): TE.TaskEither<JudgeError, ReadonlyArray<Reply>> =>
    pipe(
      plan.steps.reduce<TE.TaskEither<JudgeError, ReadonlyArray<Row>>>(
        (before, step) => pipe(before, TE.chain(stepped(model, held, step))),
        TE.right(rows),
      ),
      TE.map((all) => all.map(replyOf)),
    )

const startOf = (pending: ReadonlyArray<number>): Row => ({ pending, said: '', reading: {} })

/**
 * One reply per prompt, in order.
 *
 * @param prompts tokens of each prompt @param batchSize prompts read at once
 */
export const askModel = (
  model: AskedModel,
  plan: Plan,
  prompts: ReadonlyArray<ReadonlyArray<number>>,
  batchSize: number,
): TE.TaskEither<JudgeError, ReadonlyArray<Reply>> => {
  const shared = sharedLength(prompts)
  const batches = (
    work: (batch: ReadonlyArray<ReadonlyArray<number>>) => TE.TaskEither<JudgeError, ReadonlyArray<Reply>>,
  ): TE.TaskEither<JudgeError, ReadonlyArray<Reply>> =>
    inBatches(prompts, (tokens) => tokens.length, batchSize, work)
  return shared === 0
    ? batches((batch) =>
        withSession(model.open(batch.map(tokenPrompt)), (held) =>
          runSteps(model, plan, held)(batch.map(() => startOf([]))),
        ),
      )
    : withSession(model.open([tokenPrompt((prompts[0] ?? []).slice(0, shared))]), ({ session }) =>
        batches((batch) =>
          withSession(session.select(batch.map(() => 0)), (held) =>
            runSteps(model, plan, held)(batch.map((tokens) => startOf(tokens.slice(shared)))),
          ),
        ),
      )
}
