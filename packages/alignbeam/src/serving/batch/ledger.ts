/** The asks that are being answered, and what is said of each. */
import * as E from 'fp-ts/Either'
import type { Fault, Judge } from '@safe/tensor-core/contracts'
import { asksJudge } from '../../mixing/answer'
import type { AlignBeamOptions } from '../../options'
import type { Ask, Reply } from '../contract'
import type { Encoded } from './admission'
import { running } from './group'
import { type Job, conclusion, news, streams } from './job'
import type { Row } from './row'

// model ------------------------------------------------------------------------------------------

/** An ask, and who hears of it. */
export interface Request {
  readonly ask: Ask
  readonly onReply: (reply: Reply) => void
}

/** How answers are chosen and judged. */
export interface LedgerSettings {
  readonly judge: Judge | undefined
  readonly options: Pick<AlignBeamOptions, 'tau' | 'onNoSafe' | 'refusalTail'>
}

/** The asks of an engine. An ask that has been given up is no longer in it, and nothing more is said of it. */
export interface Ledger {
  readonly has: (id: string) => boolean
  readonly size: () => number
  /** Takes an ask whose prompt is being read. */
  readonly enter: (request: Request) => void
  /** The prompts have been read; of each, `cached` tokens were known. */
  readonly read: (
    asks: ReadonlyArray<Encoded>,
    side: 'draft' | 'anchor',
    cached: ReadonlyArray<number>,
  ) => void
  /** Beams that have entered the batch. */
  readonly place: (rows: ReadonlyArray<Row>) => void
  /** What a step has made of these rows: what is new is sent, and asks whose beams have all ended are concluded. */
  readonly report: (rows: ReadonlyArray<Row>) => void
  readonly fail: (ids: Iterable<string>, fault: Fault) => void
  readonly failAll: (fault: Fault) => void
  readonly giveUp: (id: string) => void
  /** Tokens so far. */
  readonly counts: () => {
    readonly promptTokens: number
    readonly cachedTokens: number
    readonly decodedTokens: number
  }
}

const unread = { words: '', promptTokens: 0, cachedTokens: 0 }

// constructors -----------------------------------------------------------------------------------

/** A ledger without asks. */
export const ledger = ({ judge, options }: LedgerSettings): Ledger => {
  const jobs = new Map<string, Job>()
  const counts = { promptTokens: 0, cachedTokens: 0, decodedTokens: 0 }

  const judgeOf = ({ voice, dial }: Ask): Judge | undefined =>
    voice === 'mixed' && dial.judge && asksJudge({ ...options, beams: dial.beams }) ? judge : undefined

  const change = (id: string, by: (job: Job) => Job): void => {
    const job = jobs.get(id)
    if (job !== undefined) jobs.set(id, by(job))
  }

  const fail = (ids: Iterable<string>, fault: Fault): void => {
    for (const id of new Set(ids)) {
      const job = jobs.get(id)
      jobs.delete(id)
      job?.onReply({ kind: 'failed', fault })
    }
  }

  /** The judge may take a while, and other asks go on meanwhile. */
  const conclude = async (job: Job): Promise<void> => {
    const { id } = job.ask
    const ended = await conclusion(job, judgeOf(job.ask), options)()
    if (!jobs.has(id)) return
    if (E.isLeft(ended)) {
      fail([id], ended.left)
      return
    }
    jobs.delete(id)
    ended.right.forEach(job.onReply)
  }

  const replace = (row: Row): void =>
    change(row.settings.id, (before) => {
      const job = { ...before, rows: before.rows.map((old) => (old.rank === row.rank ? row : old)) }
      const fresh = running(row) && streams(job, judgeOf(job.ask) !== undefined) ? news(job, row) : undefined
      if (fresh === undefined) return job
      job.onReply(fresh.reply)
      return { ...job, sent: fresh.sent }
    })

  return {
    has: (id) => jobs.has(id),
    size: () => jobs.size,
    enter: (request) =>
      jobs.set(request.ask.id, { ...request, prompt: unread, rows: [], sent: { text: '', tokens: 0 } }),
    read: (asks, side, cached) =>
      asks.forEach(({ ask, words, [side]: tokens }, i) => {
        const known = cached[i] ?? 0
        counts.promptTokens += tokens.length
        counts.cachedTokens += known
        change(ask.id, (job) => ({
          ...job,
          prompt: { words, promptTokens: tokens.length, cachedTokens: known },
        }))
      }),
    place: (rows) =>
      rows.forEach((row) =>
        change(row.settings.id, (job) => ({
          ...job,
          rows: [...job.rows, row].sort((a, b) => a.rank - b.rank),
        })),
      ),
    report: (rows) => {
      counts.decodedTokens += rows.length
      rows.forEach(replace)
      for (const id of new Set(rows.map((row) => row.settings.id))) {
        const job = jobs.get(id)
        if (job !== undefined && !job.rows.some(running)) void conclude(job)
      }
    },
    fail,
    failAll: (fault) => fail([...jobs.keys()], fault),
    giveUp: (id) => jobs.delete(id),
    counts: () => counts,
  }
}
