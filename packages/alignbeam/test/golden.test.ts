/** Against the Python reference of tools/golden/alignbeam.py, on the in-process decoder. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as t from 'io-ts'
import * as E from 'fp-ts/Either'
import {
  type CausalLM,
  type Diagnostics,
  greedy,
  requestsOf,
  textExample,
  textPrompt,
} from '@safe/tensor-core/contracts'
import { selectEngine, tf } from '@safe/tensor-core/engine'
import { decodeWith } from '@safe/tensor-core/files'
import { loadCausalLM } from '@safe/tensor-core/lm'
import { answerBatch } from '../src/mixing/answer'
import { buildBridge } from '../src/mixing/bridge'
import { alignBeam } from '../src/alignBeam'
import { nudging } from '../src/rivals/nudging/nudging'
import { proxyTuning } from '../src/rivals/proxyTuning'
import type { AlignBeamOptions } from '../src/options'
import { alignBeamMixer, defaultSettings } from '../src/settings'
import { multis } from '../src/mixing/bridge'
import { draftMasses, supports } from '../src/mixing/mix'
import { right } from './fixtures/right'
import { rivalsGolden } from './fixtures/rivalsGolden'

const folder = join(__dirname, 'golden')
const oneOf = <A extends string>(names: ReadonlyArray<A>) =>
  t.string.pipe(
    new t.Type<A, string, string>(
      names.join('|'),
      (u): u is A => names.some((n) => n === u),
      (u, c) => {
        const found = names.find((n) => n === u)
        return found === undefined ? t.failure(u, c) : t.success(found)
      },
      t.identity,
    ),
  )
const ids = t.array(t.number)
const Golden = t.type({
  prompts: t.array(t.string),
  bridges: t.array(
    t.type({ draft: t.string, anchor: t.string, maps: t.type({ drop: ids, first: ids, exact: ids }) }),
  ),
  runs: t.array(
    t.type({
      draft: t.string,
      anchor: t.string,
      options: t.type({
        alpha: t.number,
        beams: t.number,
        bridgeTokens: t.number,
        top: t.number,
        multi: oneOf(multis),
        draftMass: oneOf(draftMasses),
        support: oneOf(supports),
        repetitionPenalty: t.number,
        maxNewTokens: t.number,
      }),
      answers: t.array(
        t.type({
          beams: t.array(ids),
          texts: t.array(t.string),
          telemetry: t.type({
            steps: t.number,
            mappedMass: t.number,
            support: t.number,
            fallbacks: t.number,
            agreement: t.number,
          }),
        }),
      ),
    }),
  ),
})
const golden = (() => {
  const json: unknown = JSON.parse(readFileSync(join(folder, 'alignbeam.json'), 'utf8'))
  const decoded = decodeWith(Golden, 'alignbeam.json')(json)
  if (E.isLeft(decoded)) throw new Error(decoded.left.message)
  return decoded.right
})()

const models = new Map<string, CausalLM>()
const model = (name: string): CausalLM => models.get(name)!

beforeAll(async () => {
  await right(selectEngine('wasm'))
  for (const name of ['words', 'pieces', 'bytes'])
    models.set(name, await right(loadCausalLM({ model: join(folder, name) })))
})
afterAll(() => models.forEach((m) => m.dispose()))

describe('bridges', () => {
  it.each(golden.bridges)(
    "$anchor to $draft is the reference's, token by token",
    ({ draft, anchor, maps }) => {
      for (const multi of multis)
        expect(Array.from(buildBridge(model(anchor).tokenizer!, model(draft).tokenizer!, multi).map)).toEqual(
          maps[multi],
        )
    },
  )
})

describe('beams', () => {
  it.each(golden.runs)(
    "$draft with $anchor, K $options.beams, $options.support: the reference's tokens",
    async ({ draft, anchor, options, answers }) => {
      const settings: AlignBeamOptions = { ...defaultSettings, ...options }
      const mixer = alignBeamMixer(model(anchor), model(draft), settings)
      if (E.isLeft(mixer)) throw new Error(mixer.left.message)
      const before = tf.memory().numTensors
      const found = await right(
        answerBatch(model(anchor), mixer.right, undefined, settings)(model(draft))(
          requestsOf(golden.prompts.map(textPrompt)),
          {
            maxNewTokens: options.maxNewTokens,
            temperature: 0,
            topP: 1,
            topK: 0,
            repetitionPenalty: options.repetitionPenalty,
            stop: [],
            seed: 42,
          },
        ),
      )
      expect(tf.memory().numTensors).toBe(before)
      found.forEach((answer, i) => {
        expect(answer.beams.map((b) => b.completion.tokens)).toEqual(answers[i]!.beams)
        expect(answer.beams.map((b) => b.completion.text)).toEqual(answers[i]!.texts)
        const { mappedMass, support, agreement, ...counts } = answer.telemetry
        const expected = answers[i]!.telemetry
        expect(counts).toEqual({ steps: expected.steps, fallbacks: expected.fallbacks })
        expect(mappedMass).toBeCloseTo(expected.mappedMass, 4)
        expect(support).toBeCloseTo(expected.support, 9)
        expect(agreement).toBeCloseTo(expected.agreement, 9)
      })
    },
  )
})

describe('alignBeam', () => {
  it('frees every tensor of sessions opened, edited, forked and completed', async () => {
    const before = tf.memory().numTensors
    const defended = await right(alignBeam({ beams: 1 }, { anchor: model('pieces') }).apply(model('words')))
    const session = await right(defended.open(golden.prompts.map(textPrompt)))
    await right(session.logProbs)
    const forked = await right(session.select([0, 0, 3]))
    const edited = await right(forked.edit(forked.tokens.map((row) => ({ keep: row.length, tokens: [5] }))))
    await right(edited.logProbs)
    await right(
      edited.complete({
        maxNewTokens: 8,
        temperature: 0.7,
        topP: 1,
        topK: 0,
        repetitionPenalty: 1.15,
        stop: [],
        seed: 1,
      }),
    )
    ;[session, forked, edited].forEach((s) => s.dispose())
    expect(tf.memory().numTensors).toBe(before)
  })
})

describe('proxyTuning on the in-process decoder', () => {
  it('with one model as expert and anti-expert is the draft, sampled or greedy, and frees every tensor', async () => {
    const draft = model('words')
    const tuned = await right(
      proxyTuning({ alpha: 1.5, batchSize: 4 }, { expert: draft, antiExpert: draft }).apply(draft),
    )
    const requests = requestsOf(golden.prompts.map(textPrompt))
    const before = tf.memory().numTensors
    for (const options of [
      greedy(8),
      { ...greedy(8), temperature: 0.8, topK: 12, topP: 0.9, stop: [' the'] },
    ])
      expect(await right(tuned.generate(requests, options))).toEqual(
        await right(draft.generate(requests, options)),
      )
    const examples = golden.prompts.map((text, i) => textExample(`${i}`, text, 'the cat and the dog'))
    const own = await right(draft.score(examples))
    const scores = await right(tuned.score(examples))
    scores.forEach((score, i) => {
      expect(score.tokens).toEqual(own[i]!.tokens)
      expect(score.nll).toBeCloseTo(own[i]!.nll, 4)
    })
    expect(tf.memory().numTensors).toBe(before)
  })
})

describe('nudging on the in-process decoder', () => {
  it.each(rivalsGolden.nudging.runs)(
    "$draft with $anchor, threshold $threshold: the reference's tokens and counts",
    async ({ draft, anchor, threshold, rows }) => {
      const told: Diagnostics[] = []
      const before = tf.memory().numTensors
      const nudged = await right(
        nudging({ threshold, batchSize: 4 }, { anchor: model(anchor), record: (d) => told.push(d) }).apply(
          model(draft),
        ),
      )
      const requests = requestsOf(rivalsGolden.nudging.prompts.map(textPrompt))
      const found = await right(nudged.generate(requests, greedy(14)))
      expect(found).toEqual(rows.map(({ tokens, text, finishReason }) => ({ tokens, text, finishReason })))
      const sum = (of: (row: (typeof rows)[number]) => number): number =>
        rows.reduce((total, row) => total + of(row), 0)
      expect(told.at(-1)).toMatchObject({
        prompts: rows.length,
        anchorWords: sum((row) => row.words),
        fallbacks: sum((row) => row.fallbacks),
        anchorShare: sum((row) => row.anchorTokens) / sum((row) => row.tokens.length),
      })
      expect(tf.memory().numTensors).toBe(before)
    },
  )
})
