/** An ask while it is answered: its beams, what has been said of it, and the answer that comes of them. */
import { type Fault, type Judge, type LmError, badInput } from '@safe/tensor-core/contracts'
import { opensWithRefusal } from '@safe/tensor-core/judges'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { refusalText } from '../../defaults'
import type { ChoiceOptions } from '../../mixing/chooseBeam'
import { chooseBeam } from '../../mixing/chooseBeam'
import { beamText } from '../../mixing/anchorReading'
import { telemetryOf } from '../../mixing/beams'
import { judgeItem } from '../../mixing/judging'
import type { Ask, Reply } from '../contract'
import { type Row, rowText } from './row'

// model ------------------------------------------------------------------------------------------

/** What is known of an ask's prompt once it has been read. */
export interface ReadPrompt {
  /** What a judge reads as the prompt. */
  readonly words: string
  readonly promptTokens: number
  readonly cachedTokens: number
}

/** An ask with its beams so far, in root order. */
export interface Job {
  readonly ask: Ask
  readonly onReply: (reply: Reply) => void
  readonly prompt: ReadPrompt
  readonly rows: ReadonlyArray<Row>
  /** How much of the answer has been sent; nothing is sent early where a beam has yet to be chosen. */
  readonly sent: { readonly text: string; readonly tokens: number }
}

// checks -----------------------------------------------------------------------------------------

/** Most beams of one ask. */
export const MOST_BEAMS = 16

const outside = (field: string, message: string): E.Either<LmError, never> =>
  E.left(badInput('BadOption', message, { field }))

/** Whether the ask's numbers can be used. */
export const checkAsk = ({ dial, generation }: Ask): E.Either<LmError, void> =>
  !(dial.alpha >= 0 && dial.alpha <= 1)
    ? outside('alpha', 'must be from 0 to 1')
    : !Number.isInteger(dial.beams) || dial.beams < 1 || dial.beams > MOST_BEAMS
      ? outside('beams', `must be from 1 to ${MOST_BEAMS}`)
      : !Number.isInteger(dial.bridgeTokens) || dial.bridgeTokens < 1
        ? outside('bridgeTokens', 'must be at least 1')
        : generation.maxNewTokens < 1
          ? outside('maxNewTokens', 'must be at least 1')
          : E.right(undefined)

// text -------------------------------------------------------------------------------------------

/** How much at the end of a text may still turn out to be the beginning of a stop string. */
const heldForStop = (text: string, stop: ReadonlyArray<string>): number =>
  Math.max(
    0,
    ...stop.map((s) => {
      for (let n = Math.min(s.length - 1, text.length); n > 0; n--) if (text.endsWith(s.slice(0, n))) return n
      return 0
    }),
  )

/**
 * The part of a running row's text that later tokens cannot change: without an unfinished character, blanks at the end (some
 * tokenizers take them back before a full stop), and what may become a stop string.
 */
export const settledText = (text: string, stop: ReadonlyArray<string>): string => {
  const whole = text.replace(/\ufffd+$/u, '')
  return whole.slice(0, whole.length - heldForStop(whole, stop)).trimEnd()
}

/** Whether a row's opening reads as a refusal. */
export const refuses = ({ settings, tokens }: Pick<Row, 'settings' | 'tokens'>): boolean =>
  opensWithRefusal(beamText(settings.tokenizer, tokens))

// replies ----------------------------------------------------------------------------------------

/** Whether the answer can be sent while it is written: it is the only beam, and nobody has to approve of it. */
export const streams = ({ ask, rows }: Job, judged: boolean): boolean =>
  ask.voice !== 'mixed' || (rows.length === 1 && !judged)

/** What a row adds to what was sent before; undefined where there is nothing yet. */
export const news = (
  job: Job,
  row: Row,
): { readonly reply: Reply; readonly sent: Job['sent'] } | undefined => {
  const whole = rowText(row)
  const text = row.finish === undefined ? settledText(whole, job.ask.generation.stop) : whole
  const fresh = text.startsWith(job.sent.text) ? text.slice(job.sent.text.length) : ''
  const tokens = row.told.slice(job.sent.tokens)
  return fresh === '' && (row.finish === undefined || tokens.length === 0)
    ? undefined
    : {
        reply: { kind: 'text', text: fresh, tokens },
        sent: { text: job.sent.text + fresh, tokens: row.told.length },
      }
}

/** Harm scores of the beams; nulls where they are not judged. */
const scores = (
  judge: Judge | undefined,
  { ask, prompt, rows }: Job,
): TE.TaskEither<Fault, ReadonlyArray<number | null>> =>
  judge === undefined
    ? TE.right(rows.map(() => null))
    : pipe(
        judge.judge(
          rows.map((row, rank) =>
            judgeItem(`${ask.id}/${rank}`, prompt.words, {
              text: rowText(row),
              finishReason: row.finish ?? 'length',
            }),
          ),
        ),
        TE.map((judgements) => {
          const byId = new Map(judgements.map(({ id, score }) => [id, score]))
          return rows.map((_, rank) => byId.get(`${ask.id}/${rank}`) ?? null)
        }),
      )

/** The last replies of a job whose beams have all ended. */
export const conclusion = (
  job: Job,
  judge: Judge | undefined,
  choice: ChoiceOptions,
): TE.TaskEither<Fault, ReadonlyArray<Reply>> =>
  pipe(
    scores(judge, job),
    TE.map((harm) => {
      const { rows, prompt } = job
      const chosen = judge === undefined ? 0 : chooseBeam(harm, choice)
      const row = chosen === null ? undefined : rows[chosen]
      const rest: Reply | undefined =
        row === undefined ? { kind: 'text', text: refusalText, tokens: [] } : news(job, row)?.reply
      return [
        ...(rest === undefined ? [] : [rest]),
        {
          kind: 'done',
          finishReason: row?.finish ?? 'stop',
          usage: {
            promptTokens: prompt.promptTokens,
            cachedTokens: prompt.cachedTokens,
            completionTokens: row?.tokens.length ?? 0,
          },
          account: {
            chosen,
            beams: rows.map((one, rank) => ({ completion: rowText(one), verdict: harm[rank] ?? null })),
            telemetry: telemetryOf(rows),
          },
        },
      ]
    }),
  )
