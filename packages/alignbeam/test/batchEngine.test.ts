import fc from 'fast-check'
import { type Judge, failure, textPrompt } from '@safe/tensor-core/contracts'
import * as TE from 'fp-ts/TaskEither'
import { answerBatch } from '../src/mixing/answer'
import { refusalText } from '../src/defaults'
import { batchEngine } from '../src/serving/batch/batchEngine'
import { servedPair } from '../src/serving/batch/pair'
import type { Ask, Engine, Reply } from '../src/serving/contract'
import type { AlignBeamOptions } from '../src/options'
import { alignBeamMixer, defaultSettings } from '../src/settings'
import { right, rightOf } from './fixtures/right'
import { type Toy, pieceTokenizer, randomLogits, toyModel, wordTokenizer } from './fixtures/toy'

const words = wordTokenizer(['the', 'cat', 'is', 'sat', 'on', 'mat', 'a', 'dog', 'sorry', 'i', 'am'])
const pieces = pieceTokenizer([
  '▁',
  ...'t h e c a i s o n m d g r y'.split(' '),
  '▁the',
  '▁cat',
  '▁is',
  '▁sat',
  '▁on',
  '▁a',
  'at',
  '▁mat',
  '▁dog',
  '▁sorry',
])
const settings: AlignBeamOptions = { ...defaultSettings, top: 8, support: 'union' }

const draftOf = (seed: number): Toy =>
  toyModel('draft', words, randomLogits(seed, words.size), (p) => `the dog is a dog and ${p}`)
const anchorOf = (seed: number): Toy =>
  toyModel('anchor', pieces, randomLogits(seed + 1000, pieces.size), (p) => `be kind ${p}`)

/** Scores that depend on the words only. */
const judge: Judge = {
  specificationVersion: 2,
  id: 'length@1',
  axes: [],
  judge: (items) =>
    TE.right(
      items.map(({ id, completion }) => ({
        id,
        verdict: { refused: null, harmful: null, degenerate: null, truncated: null },
        pHarmful: null,
        score: completion.length % 4 === 3 ? null : 1 + (completion.length % 5),
        raw: '',
      })),
    ),
}

const open = (
  draft: Toy,
  anchor: Toy,
  {
    mostRows = 6,
    prefixTokens = 40,
    options = settings,
    by = judge,
  }: {
    mostRows?: number
    prefixTokens?: number
    options?: AlignBeamOptions
    by?: Judge | undefined
  } = {},
): Engine =>
  batchEngine({
    pair: rightOf(servedPair({ draft, anchor }, options, { prefixTokens, chunk: 5, contextLength: 60 })),
    judge: by,
    options,
    models: { draft: 'draft', anchor: 'anchor', judge: by.id, contextLength: 60 },
    mostRows,
    onDispose: () => undefined,
  })

interface Heard {
  readonly replies: ReadonlyArray<Reply>
  readonly text: string
  readonly last: Reply | undefined
}

const heard = (engine: Engine, ask: Ask): Promise<Heard> =>
  new Promise((resolve) => {
    const replies: Reply[] = []
    engine.ask(ask, (reply) => {
      replies.push(reply)
      if (reply.kind !== 'text')
        resolve({
          replies,
          text: replies.map((r) => (r.kind === 'text' ? r.text : '')).join(''),
          last: reply,
        })
    })
  })

const turns = async (n: number): Promise<void> => {
  for (let i = 0; i < n; i++) await new Promise((resolve) => setImmediate(resolve))
}

const anAsk = (id: string, prompt: string, changes: Partial<Ask> = {}): Ask => ({
  id,
  voice: 'mixed',
  prompt: textPrompt(prompt),
  dial: { alpha: 0.5, beams: 3, bridgeTokens: 4, judge: true },
  generation: {
    maxNewTokens: 10,
    temperature: 0,
    topP: 1,
    topK: 0,
    repetitionPenalty: 1,
    stop: [],
    seed: 42,
  },
  stream: 0,
  ...changes,
})

describe('the batch engine', () => {
  const prompts = ['the cat', 'the mat is on the cat', 'no', 'the cat sat on a mat', 'a dog', 'the cat is']

  it('answers each ask as if it were alone, whatever else runs', async () => {
    const oneAsk = fc.record({
      prompt: fc.constantFrom(...prompts),
      voice: fc.constantFrom('mixed' as const, 'mixed' as const, 'draft' as const, 'anchor' as const),
      dial: fc.record({
        alpha: fc.constantFrom(0, 0.3, 0.5, 1),
        beams: fc.integer({ min: 1, max: 4 }),
        bridgeTokens: fc.integer({ min: 1, max: 6 }),
        judge: fc.boolean(),
      }),
      temperature: fc.constantFrom(0, 0.8),
      maxNewTokens: fc.integer({ min: 1, max: 12 }),
      seed: fc.integer({ min: 0, max: 5 }),
      stream: fc.integer({ min: 0, max: 3 }),
      stop: fc.constantFrom([], ['mat'], ['on the', 'dog']),
      waits: fc.integer({ min: 0, max: 4 }),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 50 }),
        fc.array(oneAsk, { minLength: 1, maxLength: 9 }),
        fc.constantFrom(1, 4, 30),
        fc.constantFrom(0, 40),
        async (seed, asks, mostRows, prefixTokens) => {
          const [draft, anchor] = [draftOf(seed), anchorOf(seed)]
          const engine = open(draft, anchor, { mostRows, prefixTokens })
          const pending: Promise<Heard>[] = []
          for (const [
            i,
            { prompt, waits, temperature, maxNewTokens, seed: own, stop, ...rest },
          ] of asks.entries()) {
            await turns(waits)
            pending.push(
              heard(
                engine,
                anAsk(`${i}`, prompt, {
                  ...rest,
                  generation: { ...anAsk('', '').generation, temperature, maxNewTokens, seed: own, stop },
                }),
              ),
            )
          }
          const all = await Promise.all(pending)
          for (const [
            i,
            { prompt, voice, dial, temperature, maxNewTokens, seed: own, stream, stop },
          ] of asks.entries()) {
            const generation = { ...anAsk('', '').generation, temperature, maxNewTokens, seed: own, stop }
            const [aDraft, anAnchor] = [draftOf(seed), anchorOf(seed)]
            const options = { ...settings, ...dial }
            const request = { prompt: textPrompt(prompt), stream }
            const got = all[i]
            if (voice !== 'mixed') {
              const [alone] = await right(
                (voice === 'draft' ? aDraft : anAnchor).generate([request], generation),
              )
              expect(got?.text).toBe(alone === undefined ? undefined : cut(alone.text, stop))
              continue
            }
            const [wanted] = await right(
              answerBatch(
                anAnchor,
                rightOf(alignBeamMixer(anAnchor, aDraft, options)),
                dial.judge ? judge : undefined,
                options,
              )(aDraft)([request], generation),
            )
            expect(got?.text).toBe(wanted?.completion.text)
            expect(got?.last).toMatchObject({
              kind: 'done',
              finishReason: wanted?.completion.finishReason,
              account: {
                chosen: wanted?.chosen,
                beams: wanted?.beams.map(({ completion, verdict }) => ({
                  completion: completion.text,
                  verdict,
                })),
                // A stop string ends a beam on the bridge here, and after it there.
                ...(stop.length === 0 ? { telemetry: wanted?.telemetry } : {}),
              },
            })
          }
          expect(engine.gauges()).toMatchObject({ running: 0, waiting: 0, rows: 0 })
          engine.dispose()
          await turns(3)
          expect([draft.work.open, anchor.work.open]).toEqual([0, 0])
        },
      ),
      { numRuns: 60 },
    )
  })

  it('streams a single beam as it is written, and beams under a judge only once one is chosen', async () => {
    const engine = open(draftOf(3), anchorOf(3))
    const dial = { alpha: 0.5, beams: 1, bridgeTokens: 3, judge: true }
    const one = await heard(engine, anAsk('one', 'the cat', { dial }))
    const several = await heard(engine, anAsk('several', 'the cat'))
    expect(one.replies.filter(({ kind }) => kind === 'text').length).toBeGreaterThan(2)
    expect(several.replies.filter(({ kind }) => kind === 'text')).toHaveLength(1)
    const tokens = one.replies.flatMap((r) => (r.kind === 'text' ? r.tokens : []))
    expect(tokens.map(({ by }) => by).slice(3)).toEqual(tokens.slice(3).map(() => 'draft'))
    expect(tokens.slice(0, 3).every(({ by }) => by !== 'draft')).toBe(true)
    engine.dispose()
  })

  it('remembers how prompts begin', async () => {
    const [draft, anchor] = [draftOf(3), anchorOf(3)]
    const engine = open(draft, anchor, { prefixTokens: 200 })
    const long = Array.from({ length: 12 }, () => 'the cat').join(' ')
    await heard(engine, anAsk('first', `${long} sat`))
    const before = draft.work.tokens
    const { last } = await heard(engine, anAsk('second', `${long} is`))
    const usage = last?.kind === 'done' ? last.usage : undefined
    expect(usage?.cachedTokens).toBeGreaterThan(24)
    expect(usage?.promptTokens).toBe((usage?.cachedTokens ?? 0) + 1)
    // One prompt token, and what the beams decode.
    expect(draft.work.tokens - before).toBeLessThan(1 + 3 * 10)
    engine.dispose()
    await turns(3)
    expect([draft.work.open, anchor.work.open]).toEqual([0, 0])
  })

  it('gives up an ask without disturbing the others', async () => {
    const [draft, anchor] = [draftOf(5), anchorOf(5)]
    const engine = open(draft, anchor)
    const alone = await heard(engine, anAsk('alone', 'a dog'))
    const replies: Reply[] = []
    const generation = { ...anAsk('', '').generation, maxNewTokens: 40 }
    const giveUp = engine.ask(anAsk('given up', 'the cat', { voice: 'draft', generation }), (r) =>
      replies.push(r),
    )
    const waiting = engine.ask(anAsk('never begun', 'the cat'), (r) => replies.push(r))
    const other = heard(engine, anAsk('other', 'a dog'))
    waiting()
    await turns(4)
    giveUp()
    const said = replies.length
    expect((await other).text).toBe(alone.text)
    await turns(3)
    expect(replies).toHaveLength(said)
    expect(engine.gauges()).toMatchObject({ running: 0, waiting: 0, rows: 0 })
    engine.dispose()
  })

  it('a long answer does not hold up a short one', async () => {
    const endless = toyModel('draft', words, (tokens) =>
      randomLogits(5, words.size)(tokens).map((x, id) => (id === words.eos ? -50 : x)),
    )
    const engine = open(endless, anchorOf(5))
    const order: string[] = []
    const ask = (id: string, maxNewTokens: number) =>
      heard(
        engine,
        anAsk(id, 'the cat', { voice: 'draft', generation: { ...anAsk('', '').generation, maxNewTokens } }),
      ).then(() => order.push(id))
    await Promise.all([ask('long', 30), ask('short', 3)])
    expect(order[0]).toBe('short')
    engine.dispose()
  })

  it('refuses what it cannot answer, and goes on', async () => {
    const engine = open(draftOf(1), anchorOf(1))
    const wrong = (changes: Partial<Ask['dial']>) =>
      heard(engine, anAsk('wrong', 'the cat', { dial: { ...anAsk('', '').dial, ...changes } }))
    for (const [changes, field] of [
      [{ alpha: 1.5 }, 'alpha'],
      [{ beams: 0 }, 'beams'],
      [{ bridgeTokens: 0.5 }, 'bridgeTokens'],
    ] as const)
      expect((await wrong(changes)).last).toMatchObject({ kind: 'failed', fault: { kind: 'input', field } })
    const long = await heard(
      engine,
      anAsk('long', 'the cat', { generation: { ...anAsk('', '').generation, maxNewTokens: 60 } }),
    )
    expect(long.last).toMatchObject({ kind: 'failed', fault: { kind: 'input' } })
    expect(JSON.stringify(long.last)).toContain('context length of the models is 60 tokens')
    expect((await heard(engine, anAsk('fine', 'the cat'))).last?.kind).toBe('done')
    engine.dispose()
    expect((await heard(engine, anAsk('late', 'the cat'))).last).toMatchObject({
      kind: 'failed',
      fault: { kind: 'interrupted' },
    })
  })

  it('a model that fails fails its asks, and the next ones are answered', async () => {
    const [draft, anchor] = [draftOf(1), anchorOf(1)]
    const state = { fails: true }
    const engine = open(
      {
        ...draft,
        choose: (session, rows) =>
          state.fails ? TE.left(failure('ModelFailed', 'out of luck')) : draft.choose(session, rows),
      },
      anchor,
    )
    const failed = await heard(engine, anAsk('a', 'the cat', { voice: 'draft' }))
    expect(failed.last).toMatchObject({ kind: 'failed', fault: { message: 'out of luck' } })
    state.fails = false
    expect((await heard(engine, anAsk('b', 'the cat', { voice: 'draft' }))).last?.kind).toBe('done')
    engine.dispose()
    await turns(3)
    expect([draft.work.open, anchor.work.open]).toEqual([0, 0])
  })

  it('a judge that fails fails its ask; one that approves of no beam has the ask refused', async () => {
    const failing: Judge = { ...judge, judge: () => TE.left(failure('JudgeFailed', 'not at home')) }
    const engine = open(draftOf(1), anchorOf(1), { by: failing })
    expect((await heard(engine, anAsk('a', 'the cat'))).last).toMatchObject({
      kind: 'failed',
      fault: { _tag: 'JudgeFailed' },
    })
    const refusing = open(draftOf(1), anchorOf(1), {
      options: { ...settings, tau: 0, onNoSafe: 'refuse' },
    })
    const refused = await heard(refusing, anAsk('b', 'the cat'))
    expect(refused.text).toBe(refusalText)
    expect(refused.last).toMatchObject({ kind: 'done', finishReason: 'stop', account: { chosen: null } })
    ;[engine, refusing].forEach((e) => e.dispose())
  })
})

const cut = (text: string, stop: ReadonlyArray<string>): string =>
  stop.reduce((kept, s) => (kept.includes(s) ? kept.slice(0, kept.indexOf(s)) : kept), text)
