/** The parts of the model process that decide: the table of open asks, restarts, messages, and both ends of the channel without it. */
import * as E from 'fp-ts/Either'
import fc from 'fast-check'
import { badInput, failure, greedy, interrupted } from '@safe/tensor-core/contracts'
import { type Ask, type Engine, type Reply, noGauges } from '../src/serving/contract'
import { answering } from '../src/serving/process/answering'
import { askCodec, replyCodec } from '../src/serving/process/contractCodecs'
import { reasonLine, modelsLoading, modelsPausing, processDied } from '../src/serving/process/faults'
import { type FromModel, type ToModel, fromModel, read } from '../src/serving/process/messages'
import { type AskEvent, type OpenAsks, after, noAsks } from '../src/serving/process/openAsks'
import { remoteEngine } from '../src/serving/process/remoteEngine'
import {
  type End,
  decide,
  noHistory,
  pauseMs,
  remember,
  restartPolicy,
} from '../src/serving/process/restarts'

const ask = (id: string): Ask => ({
  id,
  voice: 'mixed',
  prompt: { kind: 'raw', text: id },
  dial: { alpha: 0.5, beams: 1, bridgeTokens: 1, judge: false },
  generation: greedy(8),
  stream: 0,
})
const text = (words: string): Reply => ({ kind: 'text', text: words, tokens: [] })
const done: Reply = {
  kind: 'done',
  finishReason: 'stop',
  usage: { promptTokens: 1, cachedTokens: 0, completionTokens: 1 },
  account: {
    chosen: 0,
    beams: [{ completion: 'x', verdict: null }],
    telemetry: { steps: 1, mappedMass: 1, support: 1, fallbacks: 0, agreement: 1 },
  },
}
const boom = failure('ModelProcessDied', 'boom')
const models = { draft: 'd', anchor: 'a', judge: null, contextLength: null }
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

// table ------------------------------------------------------------------------------------------

describe('the table of open asks', () => {
  it('tells the one who asked, until the last reply', () => {
    const asked = after(noAsks<string>(), { kind: 'asked', by: 'ann' }).asks
    const said = after(asked, { kind: 'replied', key: 0, reply: text('x') })
    expect(said.deliveries).toEqual([{ to: 'ann', reply: text('x') }])
    const last = after(said.asks, { kind: 'replied', key: 0, reply: done })
    expect(last.deliveries).toEqual([{ to: 'ann', reply: done }])
    expect(after(last.asks, { kind: 'replied', key: 0, reply: done }).deliveries).toEqual([])
    expect(last.asks.open.size).toBe(0)
  })
  it('an ask given up is cancelled once, and never after its end', () => {
    const asked = after(noAsks<string>(), { kind: 'asked', by: 'ann' }).asks
    const left = after(asked, { kind: 'givenUp', key: 0, fault: boom })
    expect(left.cancelled).toEqual([0])
    expect(left.deliveries).toEqual([{ to: 'ann', reply: { kind: 'failed', fault: boom } }])
    expect(after(left.asks, { kind: 'givenUp', key: 0, fault: boom })).toMatchObject({
      cancelled: [],
      deliveries: [],
    })
  })
  it('whatever happens, each ask has at most one last reply and nothing after it, and ends when the process does', () => {
    const key = fc.nat({ max: 6 })
    const event: fc.Arbitrary<(next: number) => AskEvent<number>> = fc.oneof(
      fc.constant((next: number): AskEvent<number> => ({ kind: 'asked', by: next })),
      fc
        .tuple(key, fc.constantFrom(text('x'), done))
        .map(([k, reply]) => (): AskEvent<number> => ({ kind: 'replied', key: k, reply })),
      key.map((k) => (): AskEvent<number> => ({ kind: 'givenUp', key: k, fault: boom })),
      fc.constant((): AskEvent<number> => ({ kind: 'ended', fault: boom })),
    )
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const run: { asks: OpenAsks<number>; log: ReadonlyArray<readonly [number, Reply]> } = {
          asks: noAsks(),
          log: [],
        }
        const happen = (e: AskEvent<number>): void => {
          const next = after(run.asks, e)
          run.log = [...run.log, ...next.deliveries.map(({ to, reply }) => [to, reply] as const)]
          run.asks = next.asks
        }
        events.forEach((make) => happen(make(run.asks.next)))
        happen({ kind: 'ended', fault: boom })
        expect(run.asks.open.size).toBe(0)
        for (let who = 0; who < run.asks.next; who++) {
          const heard = run.log.filter(([to]) => to === who).map(([, reply]) => reply.kind !== 'text')
          // Exactly one last reply, and it is the last one.
          expect(heard.indexOf(true)).toBe(heard.length - 1)
          expect(heard.length).toBeGreaterThan(0)
        }
      }),
    )
  })
})

// restarts ---------------------------------------------------------------------------------------

describe('when a process is started again', () => {
  const policy = restartPolicy
  const after1 = (ends: ReadonlyArray<End>): ReadonlyArray<ReturnType<ReturnType<typeof decide>>> =>
    ends.map((end, i) => decide(policy)(ends.slice(0, i + 1).reduce(remember(policy), noHistory), end))
  const early: End = { openedAt: 100, at: 200, fault: boom }
  const late: End = { openedAt: 100, at: 100 + policy.steadyMs, fault: boom }
  const unopened: End = { openedAt: null, at: 50, fault: boom }

  it('at once, then after 1 s, 2 s, 4 s ... 30 s, and at once again after a steady one', () => {
    const decisions = after1([early, early, early, early, early, early, early, early, late, early])
    expect(decisions).toEqual(
      [0, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 0, 0].map((afterMs) => ({
        kind: 'restart',
        afterMs,
      })),
    )
  })
  it('not where the settings were wrong from the start, and not for ever where it never opened', () => {
    const wrong: End = { ...unopened, fault: badInput('FileMissing', 'no folder') }
    expect(after1([wrong])).toEqual([{ kind: 'stop' }])
    expect(after1([unopened, wrong])[1]).toEqual({ kind: 'stop' })
    // A folder that has gone may come back.
    expect(after1([early, wrong])[1]).toEqual({ kind: 'restart', afterMs: 1000 })
    expect(after1([unopened, unopened, unopened, unopened, unopened]).map(({ kind }) => kind)).toEqual([
      'restart',
      'restart',
      'restart',
      'restart',
      'stop',
    ])
  })
  it('waits never shorten while ends stay early, and stay within their bounds', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2000 }), (n) => {
        const [now, next] = [pauseMs(policy, n), pauseMs(policy, n + 1)]
        expect(next).toBeGreaterThanOrEqual(now)
        expect(next).toBeLessThanOrEqual(policy.longestPauseMs)
      }),
    )
  })
})

// faults -----------------------------------------------------------------------------------------

describe('what is said of a process that ended', () => {
  it('is how it ended and the line that tells why', () => {
    expect(processDied({ code: 3, signal: null, stderr: 'warm\ncannot do it\n' }).message).toBe(
      'the model process died (exit code 3; cannot do it)',
    )
    expect(processDied({ code: null, signal: 'SIGKILL', stderr: '' }).message).toBe(
      'the model process died (killed by SIGKILL: perhaps the machine is out of memory)',
    )
    const v8 =
      'FATAL ERROR: Reached heap limit\n----- Native stack trace -----\n 1: 0xb7 node::Abort()\nNode.js v20\n'
    expect(reasonLine(v8)).toBe('FATAL ERROR: Reached heap limit')
    expect(reasonLine('TypeError: no\n    at f (a.js:1:1)\n\nNode.js v20.20.2\n')).toBe('TypeError: no')
  })
  it('stays in the answer until the models are back', () => {
    const missing = badInput('FileMissing', 'there is no such folder', { where: 'models/draft' })
    expect(modelsLoading('', null).message).toBe('the models are being loaded')
    expect(modelsLoading('reading the draft', boom).message).toBe(
      'boom; the models are being loaded again (reading the draft)',
    )
    expect(modelsPausing(boom, 0)).toEqual(modelsLoading('', boom))
    expect(modelsPausing(missing, 1500).message).toBe(
      'models/draft: there is no such folder; loading starts again within 2 s',
    )
  })
})

// messages ---------------------------------------------------------------------------------------

describe('messages', () => {
  it('keep what JSON would lose, and name what is wrong', () => {
    const token = {
      text: 'x',
      by: 'both',
      top: [{ text: 'y', bytes: [121], logProb: Number.NEGATIVE_INFINITY }],
    }
    const reply = { kind: 'text', text: 'x', tokens: [token] }
    expect(read(replyCodec, 'a reply')(structuredClone(reply))).toEqual(E.right(reply))
    expect(E.isLeft(read(replyCodec, 'a reply')(JSON.parse(JSON.stringify(reply))))).toBe(true)
    expect(read(fromModel, 'a message')({ kind: 'gauges', gauges: { running: 'many' } })).toMatchObject(
      E.left({ _tag: 'MessageDamaged', kind: 'failure' }),
    )
    const prompts: ReadonlyArray<Ask['prompt']> = [
      { kind: 'text', text: 'x' },
      { kind: 'messages', messages: [{ role: 'tool', content: 'x' }] },
      { kind: 'tokens', tokens: [1] },
      { kind: 'raw', text: 'x' },
    ]
    prompts.forEach((prompt) => expect(askCodec.is({ ...ask('a'), prompt })).toBe(true))
    expect(askCodec.is({ ...ask('a'), voice: 'choir' })).toBe(false)
  })
})

// child's side -----------------------------------------------------------------------------------

/** An engine whose replies the test makes. */
const puppet = (): Engine & {
  readonly reply: (id: string, reply: Reply) => void
  readonly left: () => ReadonlyArray<string>
} => {
  const to = new Map<string, (reply: Reply) => void>()
  const left: string[] = []
  return {
    models,
    ask: (asked, onReply) => {
      if (asked.id === 'rude') throw new Error('no')
      to.set(asked.id, onReply)
      return () => void left.push(asked.id)
    },
    gauges: () => noGauges,
    dispose: () => undefined,
    reply: (id, reply) => to.get(id)?.(reply),
    left: () => left,
  }
}
const repliesIn = (sent: ReadonlyArray<FromModel>): ReadonlyArray<ReadonlyArray<unknown>> =>
  sent.flatMap((message) => (message.kind === 'replies' ? [message.replies] : []))

describe("the model process's side", () => {
  const started = (): {
    readonly engine: ReturnType<typeof puppet>
    readonly sent: FromModel[]
    readonly asks: ReturnType<typeof answering>
  } => {
    const engine = puppet()
    const sent: FromModel[] = []
    const asks = answering(engine, (message) =>
      E.tryCatch(
        () => void sent.push(structuredClone(message)),
        () => failure('MessageDamaged', 'cannot leave'),
      ),
    )
    return { engine, sent, asks }
  }

  it('sends the replies of one turn together, nothing after the last, and keeps no ask that has ended', async () => {
    const { engine, sent, asks } = started()
    asks.ask(0, ask('a'))
    asks.ask(1, ask('b'))
    engine.reply('a', text('x'))
    engine.reply('b', done)
    engine.reply('b', text('late'))
    engine.reply('b', done)
    expect(sent).toEqual([])
    await turn()
    expect(repliesIn(sent)).toEqual([
      [
        { key: 0, reply: text('x') },
        { key: 1, reply: done },
      ],
    ])
    expect(asks.open()).toBe(1)
    asks.cancel(0)
    asks.cancel(0)
    asks.cancel(1)
    engine.reply('a', done)
    await turn()
    expect(engine.left()).toEqual(['a'])
    expect([asks.open(), sent.length]).toEqual([0, 1])
  })
  it('an ask that cannot be read, or that the engine refuses, fails alone', async () => {
    const { sent, asks } = started()
    asks.ask(0, { ...ask('a'), stream: 'first' })
    asks.ask(1, ask('rude'))
    await turn()
    expect(repliesIn(sent).flat()).toEqual([
      {
        key: 0,
        reply: {
          kind: 'failed',
          fault: failure(
            'MessageDamaged',
            'an ask cannot be read: field stream must be number, but is "first"',
          ),
        },
      },
      { key: 1, reply: { kind: 'failed', fault: failure('EngineFailed', 'no') } },
    ])
    expect(asks.open()).toBe(0)
  })
  it('a reply that cannot leave the process fails its own ask, and the others go', async () => {
    const { engine, sent, asks } = started()
    asks.ask(0, ask('a'))
    asks.ask(1, ask('b'))
    const closure: unknown = { ...text('x'), also: () => 1 }
    engine.reply('a', closure as Reply)
    engine.reply('b', done)
    await turn()
    expect(repliesIn(sent).flat()).toEqual([
      { key: 0, reply: { kind: 'failed', fault: failure('MessageDamaged', 'cannot leave') } },
      { key: 1, reply: done },
    ])
    expect([asks.open(), engine.left()]).toEqual([0, ['a']])
  })
})

// server's side ----------------------------------------------------------------------------------

describe("the server's side", () => {
  const opened = (): {
    readonly sent: ToModel[]
    readonly remote: ReturnType<typeof remoteEngine>
    readonly heard: Reply[]
    readonly hear: (reply: Reply) => void
  } => {
    const sent: ToModel[] = []
    const heard: Reply[] = []
    const remote = remoteEngine(models, {
      send: (message) => E.right(void sent.push(message)),
      dispose: () => undefined,
    })
    return { sent, remote, heard, hear: (reply) => void heard.push(reply) }
  }

  it('keeps no ask that has ended, and never answers before `ask` has returned', async () => {
    const { sent, remote, heard, hear } = opened()
    const giveUp = [0, 1, 2].map((i) => remote.engine.ask(ask(`a${i}`), hear))
    remote.onReplies({ kind: 'replies', replies: [{ key: 0, reply: done }] })
    giveUp[1]?.()
    expect(heard).toEqual([done])
    await turn()
    expect(heard[1]).toMatchObject({ kind: 'failed', fault: { kind: 'interrupted', _tag: 'AskCancelled' } })
    remote.onReplies({
      kind: 'replies',
      replies: [
        { key: 0, reply: done },
        { key: 1, reply: done },
      ],
    })
    giveUp.slice(0, 2).forEach((stop) => stop())
    remote.end(boom)
    const late = remote.engine.ask(ask('late'), hear)
    expect(heard).toHaveLength(2)
    await turn()
    late()
    giveUp.forEach((stop) => stop())
    await turn()
    expect(heard.slice(2)).toEqual([
      { kind: 'failed', fault: boom },
      { kind: 'failed', fault: boom },
    ])
    expect(remote.open()).toBe(0)
    expect(sent.filter(({ kind }) => kind === 'cancel')).toEqual([{ kind: 'cancel', key: 1 }])
  })
  it('a message that cannot be read fails the asks that may have been in it', async () => {
    const { sent, remote, heard, hear } = opened()
    remote.engine.ask(ask('a'), hear)
    remote.engine.ask(ask('b'), hear)
    remote.onReplies({
      kind: 'replies',
      replies: [
        { key: 0, reply: { kind: 'text', text: 3 } },
        { key: 1, reply: text('x') },
      ],
    })
    expect(heard.map((reply) => reply.kind)).toEqual(['failed', 'text'])
    remote.onDamaged(boom)
    expect(heard[2]).toEqual({ kind: 'failed', fault: boom })
    expect(sent.slice(2)).toEqual([
      { kind: 'cancel', key: 0 },
      { kind: 'cancel', key: 1 },
    ])
    expect(remote.open()).toBe(0)
  })
  it('an ask that cannot be sent fails', async () => {
    const heard: Reply[] = []
    const stopped = interrupted('ModelsStopped', 'gone')
    const remote = remoteEngine(models, { send: () => E.left(stopped), dispose: () => undefined })
    remote.engine.ask(ask('a'), (reply) => void heard.push(reply))
    await turn()
    expect(heard).toEqual([{ kind: 'failed', fault: stopped }])
    expect(remote.open()).toBe(0)
  })
})
