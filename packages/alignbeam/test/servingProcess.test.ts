/** A server's model process, with real processes and an engine without models (`fixtures/echoEngine.ts`). */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import * as E from 'fp-ts/Either'
import { type Fault, greedy } from '@safe/tensor-core/contracts'
import type { Ask, Engine, Reply } from '../src/serving/contract'
import { type EngineHost, type HostSettings, startEngineHost } from '../src/serving/process/engineHost'

const { execArgv } = process

// helpers ----------------------------------------------------------------------------------------

const hosts = new Set<EngineHost>()
afterAll(async () => {
  await Promise.all([...hosts].map((host) => host.close()))
})
const hostOf = (
  settings: HostSettings['settings'] = {},
  more: Partial<HostSettings> = {},
): EngineHost & { readonly lines: ReadonlyArray<string> } => {
  const lines: string[] = []
  const host = startEngineHost({
    module: require.resolve('./fixtures/echoEngine.ts'),
    settings,
    execArgv,
    onWarning: (line) => void lines.push(line),
    ...more,
  })
  hosts.add(host)
  return { ...host, lines }
}
const rightOf = <A>(e: E.Either<Fault, A>): A => {
  if (E.isLeft(e)) throw new Error(e.left.message)
  return e.right
}
const leftOf = <A>(e: E.Either<Fault, A>): Fault => {
  if (E.isRight(e)) throw new Error('it is there')
  return e.left
}
const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20))
}
const open = async (host: EngineHost): Promise<Engine> => {
  await until(() => E.isRight(host.current()))
  return rightOf(host.current())
}
const pidOf = (engine: Engine): number => Number(engine.models.draft)
/** Whether a process runs; one that has ended and that nobody has waited for does not. */
const runs = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

const numbers = { next: 0 }
interface Talk {
  readonly replies: ReadonlyArray<Reply>
  readonly cancel: () => void
  /** All replies, once the last is there. */
  readonly whole: Promise<ReadonlyArray<Reply>>
}
const say = (engine: Engine, text: string, more: Partial<Ask['generation']> = {}): Talk => {
  const replies: Reply[] = []
  const ask: Ask = {
    id: `ask-${numbers.next++}`,
    voice: 'mixed',
    prompt: { kind: 'raw', text },
    dial: { alpha: 0.5, beams: 1, bridgeTokens: 1, judge: false },
    generation: { ...greedy(8), ...more },
    stream: 0,
  }
  const end: { now?: (all: ReadonlyArray<Reply>) => void } = {}
  const whole = new Promise<ReadonlyArray<Reply>>((resolve) => (end.now = resolve))
  const cancel = engine.ask(ask, (reply) => {
    replies.push(reply)
    if (reply.kind !== 'text') end.now?.(replies)
  })
  return { replies, cancel, whole }
}
const textOf = (replies: ReadonlyArray<Reply>): string =>
  replies.map((reply) => (reply.kind === 'text' ? reply.text : '')).join('')
const kinds = (replies: ReadonlyArray<Reply>): ReadonlyArray<string> => replies.map(({ kind }) => kind)
const faultOf = (replies: ReadonlyArray<Reply>): Fault | undefined => {
  const last = replies.at(-1)
  return last?.kind === 'failed' ? last.fault : undefined
}

// answers ----------------------------------------------------------------------------------------

describe('a model process', () => {
  const host = hostOf()

  it('answers once its models are loaded, and says so before', async () => {
    expect(leftOf(host.current())).toMatchObject({ _tag: 'ModelsLoading', kind: 'failure' })
    const models = rightOf(await host.ready())
    expect(models).toMatchObject({ anchor: 'anchor', contextLength: 128 })
    const replies = await say(await open(host), 'as long as it takes').whole
    expect(kinds(replies)).toEqual(['text', 'text', 'text', 'text', 'text', 'done'])
    expect(textOf(replies)).toBe('as long as it takes')
    expect(host.lines).toEqual(['this is a toy'])
  })
  it('does not mix what it answers to many', async () => {
    const engine = await open(host)
    const texts = Array.from({ length: 60 }, (_, i) =>
      Array.from({ length: 1 + (i % 12) }, (_, j) => `w${i}.${j}`).join(' '),
    )
    const answers = await Promise.all(texts.map((text) => say(engine, text).whole))
    expect(answers.map(textOf)).toEqual(texts)
    expect(new Set(answers.map((replies) => replies.at(-1)?.kind))).toEqual(new Set(['done']))
    expect(host.openAsks()).toBe(0)
  })
  it('tells log-probabilities of minus infinity', async () => {
    const [first] = await say(await open(host), 'x', { logProbs: 1 }).whole
    expect(first).toMatchObject({ tokens: [{ top: [{ logProb: Number.NEGATIVE_INFINITY }] }] })
  })
  it('stops what is given up, there too, and says so once', async () => {
    const engine = await open(host)
    const talk = say(engine, 'forever')
    await until(() => engine.gauges().running === 1 && talk.replies.length > 3)
    talk.cancel()
    const replies = await talk.whole
    expect(faultOf(replies)).toMatchObject({ kind: 'interrupted', _tag: 'AskCancelled' })
    const count = replies.length
    await until(() => engine.gauges().running === 0)
    talk.cancel()
    await say(engine, 'something else').whole
    expect(talk.replies).toHaveLength(count)
  })
  it('passes on one last reply of an engine that says everything twice', async () => {
    const engine = await open(host)
    const talk = say(engine, 'twice over')
    await talk.whole
    await say(engine, 'something else').whole
    expect(kinds(talk.replies)).toEqual(['text', 'text', 'text', 'text', 'done'])
  })
  it('fails an ask whose reply is none, or that is refused, and lives on', async () => {
    const engine = await open(host)
    expect(faultOf(await say(engine, 'odd').whole)).toMatchObject({
      _tag: 'MessageDamaged',
      kind: 'failure',
      message: 'a reply of the model process cannot be read: field text must be string, but is 3',
    })
    expect(faultOf(await say(engine, 'closure').whole)).toMatchObject({ _tag: 'MessageDamaged' })
    expect(faultOf(await say(engine, 'refuse').whole)?.message).toBe('it does not like this')
    await until(() => engine.gauges().running === 0)
    expect(textOf(await say(engine, 'and so on').whole)).toBe('and so on')
    expect(host.restarts()).toBe(0)
  })
  it('leaves signals to its server', async () => {
    const engine = await open(host)
    process.kill(pidOf(engine), 'SIGINT')
    process.kill(pidOf(engine), 'SIGTERM')
    expect(textOf(await say(engine, 'still here').whole)).toBe('still here')
    expect(host.restarts()).toBe(0)
  })

  // ends -----------------------------------------------------------------------------------------

  it('that is killed fails every open ask once, and another answers the next', async () => {
    const engine = await open(host)
    const talks = Array.from({ length: 5 }, () => say(engine, 'forever'))
    await until(() => talks.every(({ replies }) => replies.length > 1))
    process.kill(pidOf(engine), 'SIGKILL')
    const all = await Promise.all(talks.map(({ whole }) => whole))
    all.forEach((replies) => {
      expect(faultOf(replies)).toEqual({
        _tag: 'ModelProcessDied',
        kind: 'failure',
        message: 'the model process died (killed by SIGKILL: perhaps the machine is out of memory)',
        remedy: 'try again',
      })
      expect(kinds(replies).filter((kind) => kind === 'failed')).toHaveLength(1)
    })
    expect(leftOf(host.current()).message).toMatch(
      /^the model process died \(killed by SIGKILL.*\); the models are being loaded again/,
    )
    expect(faultOf(await say(engine, 'to the dead').whole)?._tag).toBe('ModelProcessDied')
    const next = await open(host)
    expect(pidOf(next)).not.toBe(pidOf(engine))
    expect(textOf(await say(next, 'here I am').whole)).toBe('here I am')
    talks.forEach(({ cancel }) => cancel())
    expect([host.restarts(), host.openAsks()]).toEqual([1, 0])
  })
  it('that ends by itself is told with its reason', async () => {
    const lost = await say(await open(host), 'throw').whole
    expect(faultOf(lost)?.message).toBe('the model process died (exit code 1; the matrix is singular)')
    expect(host.lines.at(-1)).toBe(
      'the model process died (exit code 1; the matrix is singular); loading starts again within 1 s',
    )
    const engine = await open(host)
    expect(textOf(await say(engine, 'once more').whole)).toBe('once more')
  })
  it('ends with its server', async () => {
    const engine = await open(host)
    const pid = pidOf(engine)
    const talk = say(engine, 'forever')
    expect(runs(pid)).toBe(true)
    await Promise.all([host.close(), host.close()])
    expect(runs(pid)).toBe(false)
    expect(faultOf(await talk.whole)).toMatchObject({ kind: 'interrupted', _tag: 'ModelsStopped' })
    expect(faultOf(await say(engine, 'too late').whole)).toMatchObject({ _tag: 'ModelsStopped' })
    expect(leftOf(host.current())._tag).toBe('ModelsStopped')
  })
})

// silence ----------------------------------------------------------------------------------------

describe('a model process that hangs', () => {
  it('is replaced', async () => {
    const host = hostOf({}, { hungMs: 3000 })
    const engine = await open(host)
    const replies = await say(engine, 'block').whole
    expect(textOf(replies)).toBe('now')
    expect(faultOf(replies)).toMatchObject({
      _tag: 'ModelProcessHung',
      message: 'the model process gave no sign of life for 3 s',
    })
    expect(runs(pidOf(engine))).toBe(false)
    expect(textOf(await say(await open(host), 'back').whole)).toBe('back')
    await host.close()
  })
  it('does not outlive a server that closes while it loads', async () => {
    const told: string[] = []
    const host = hostOf({ hold: true }, { onProgress: (note) => void told.push(note) })
    await until(() => told.length > 0)
    expect(leftOf(host.current()).message).toBe('the models are being loaded (reading the draft)')
    await host.close()
    expect(leftOf(await host.ready())._tag).toBe('ModelsStopped')
  })
})

// starts -----------------------------------------------------------------------------------------

describe('a model process that does not start', () => {
  it('for wrong settings is not tried again: its own fault is told', async () => {
    const host = hostOf({ fault: 'input' })
    const fault = leftOf(await host.ready())
    expect(fault).toEqual({
      _tag: 'FileMissing',
      kind: 'input',
      message: 'there is no such folder',
      where: 'models/draft',
      field: 'draft',
    })
    expect(leftOf(host.current())).toEqual(fault)
    expect([host.restarts(), host.lines]).toEqual([0, ['this is a toy']])
  })
  it('for other reasons is tried again, but not for ever', async () => {
    const host = hostOf({ exit: 3 }, { restarts: { firstPauseMs: 10, firstAttempts: 3 } })
    expect(leftOf(await host.ready()).message).toBe('the model process died (exit code 3)')
    expect(host.restarts()).toBe(2)
  })
  it('says what cannot be started or told', async () => {
    const restarts = { firstAttempts: 1 }
    const unstarted = leftOf(await hostOf({}, { execArgv: ['\0'], restarts }).ready())
    expect(unstarted._tag).toBe('ModelProcessDied')
    expect(unstarted.message).toMatch(/^the model process cannot be reached \(.*null bytes/)
    expect(leftOf(await hostOf({ closure: () => 1 }, { restarts }).ready()).message).toMatch(
      /^the model process cannot be reached \(.* could not be cloned\.\)$/,
    )
  })
  it('for a module without an engine says which', async () => {
    const module = require.resolve('../src/serving/contract.ts')
    const host = hostOf({}, { module, restarts: { firstAttempts: 1 } })
    expect(leftOf(await host.ready())).toMatchObject({ where: module, message: 'exports no openEngine' })
  })
})

// orphans ----------------------------------------------------------------------------------------

describe('a model process whose server is killed', () => {
  const serverOf = async (task: string): Promise<{ readonly server: ChildProcess; readonly pid: number }> => {
    const server = fork(require.resolve('./fixtures/echoServer.ts'), [task], { execArgv })
    const received: ReadonlyArray<unknown> = await once(server, 'message')
    return { server, pid: Number(received[0]) }
  }

  it.each(['wait', 'block'])('ends too (told to %s)', async (task) => {
    const { server, pid } = await serverOf(task)
    expect(runs(pid)).toBe(true)
    server.kill('SIGKILL')
    await until(() => !runs(pid))
    expect(runs(pid)).toBe(false)
  })
})
