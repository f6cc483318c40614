import { greedy, requestsOf, tokenPrompt } from '../../src/contracts'
import { selectEngine, tf } from '../../src/engine'
import { processedLogits } from '../../src/lm'
import { sharedTokens } from '../../src/lm/inference/prompts'
import { logSoftmax } from '../../src/lm/inference/sampling'
import { golden, loadGolden, relativeError, run, testedEngines, tokenExample } from './golden'

/** Softmax of logits whose log-probabilities differ from the golden logits by a constant. */
const centred = (xs: ArrayLike<number>): Float32Array => logSoftmax(Float32Array.from(xs))

describe.each(testedEngines)('on %s', (engine) => {
  beforeAll(() => run(selectEngine(engine)))

  describe.each(['grouped', 'llama3', 'linear'] as const)('decoder %s equals transformers', (name) => {
    const { rows, long } = golden[name]

    it('in the logits of a batch of unequal lengths, and of a long row', async () => {
      const lm = await loadGolden(name)
      const prompts = rows.map((r) => tokenPrompt([...r.promptTokens, ...r.responseTokens]))
      const session = await run(lm.open([...prompts, tokenPrompt(long.tokens)]))
      const got = await run(session.logProbs)
      ;[...rows, long].forEach((r, i) =>
        expect(relativeError(got[i] ?? [], centred(r.lastLogits))).toBeLessThan(1e-4),
      )
      session.dispose()
      lm.dispose()
    })

    it('in scores', async () => {
      const lm = await loadGolden(name)
      const scores = await run(lm.score(rows.map((r, i) => tokenExample(String(i), r))))
      scores.forEach((s, i) => {
        expect(relativeError(s.logProbs, rows[i]?.logProbs ?? [])).toBeLessThan(1e-4)
        expect(s.correct.map(Number)).toEqual(rows[i]?.correct)
      })
      lm.dispose()
    })

    it('in greedy tokens, with and without a repetition penalty', async () => {
      const lm = await loadGolden(name)
      const cut = (ids: number[]): number[] => ids.slice(0, ids.includes(2) ? ids.indexOf(2) : undefined)
      const requests = requestsOf(rows.map((r) => tokenPrompt(r.promptTokens)))
      const plain = await run(lm.generate(requests, greedy(12)))
      expect(plain.map((c) => c.tokens)).toEqual(rows.map((r) => cut(r.greedy)))
      expect(plain.map((c) => c.finishReason)).toEqual(
        rows.map((r) => (r.greedy.includes(2) ? 'stop' : 'length')),
      )
      const penalised = await run(lm.generate(requests, { ...greedy(12), repetitionPenalty: 1.3 }))
      expect(penalised.map((c) => c.tokens)).toEqual(rows.map((r) => cut(r.penalised)))
      lm.dispose()
    })
  })

  it('prompts with a common beginning, which is computed once, give what each gives alone', async () => {
    const lm = await loadGolden('grouped')
    const { tokens } = golden.grouped.long
    const common = Array.from({ length: 40 }, (_, i) => tokens[i % tokens.length] ?? 0)
    const rows = [[5], [7, 9, 5, 3], [7, 9, 5, 3, 8, 11, 6, 4, 5, 9, 10, 3, 12], [3, 3]].map((end) => [
      ...common,
      ...end,
    ])
    expect(sharedTokens(rows)).toBe(40)
    const prompts = rows.map((row) => tokenPrompt(row))
    const session = await run(lm.open(prompts))
    const together = await run(session.logProbs)
    session.dispose()
    const options = { ...greedy(8), logProbs: 0 }
    const whole = await run(lm.generate(requestsOf(prompts), options))
    for (const [i, prompt] of prompts.entries()) {
      const alone = await run(lm.open([prompt]))
      const [own = []] = await run(alone.logProbs)
      expect(relativeError(together[i] ?? [], own)).toBeLessThan(1e-4)
      alone.dispose()
      const [completion] = await run(lm.generate(requestsOf([prompt]), options))
      expect(whole[i]?.tokens).toEqual(completion?.tokens)
    }
    lm.dispose()
  })

  it.each([
    [[[1, 2, 3]], 2],
    [
      [
        [1, 2, 3],
        [1, 2, 3],
      ],
      2,
    ],
    [
      [
        [1, 2, 3],
        [1, 2],
      ],
      1,
    ],
    [
      [
        [1, 2, 3],
        [4, 2, 3],
      ],
      0,
    ],
    [
      [
        [1, 2, 3],
        [1, 9, 3],
      ],
      1,
    ],
    [[], 0],
  ])('%j begin with %d common tokens', (rows, count) => {
    expect(sharedTokens(rows)).toBe(count)
  })

  describe('processors equal transformers', () => {
    it.each(golden.processors.cases)('%j', ({ options, probabilities }) => {
      const logits = Float32Array.from(golden.processors.logits)
      const got = logSoftmax(processedLogits(logits, golden.processors.history, options)).map((x) =>
        Math.exp(x),
      )
      expect(relativeError(got, probabilities)).toBeLessThan(1e-5)
    })
  })

  describe('sessions', () => {
    it('give the same distribution however the tokens came', async () => {
      const lm = await loadGolden('grouped')
      const [a, b] = [
        [5, 9, 11, 30, 7, 8],
        [6, 7, 40],
      ]
      const whole = await run(lm.open([tokenPrompt(a), tokenPrompt(b)]))
      const want = await run(whole.logProbs)
      const start = await run(lm.open([tokenPrompt([6, 7, 41, 42]), tokenPrompt([5, 9])]))
      const swapped = await run(start.select([1, 0]))
      const edited = await run(
        swapped.edit([
          { keep: 2, tokens: [11, 30, 7, 8] },
          { keep: 2, tokens: [40] },
        ]),
      )
      expect(edited.tokens).toEqual([a, b])
      const got = await run(edited.logProbs)
      got.forEach((row, i) => expect(relativeError(row, want[i] ?? [])).toBeLessThan(1e-5))
      // a row left as it is keeps its distribution, a row cut back is read again
      const more = await run(
        edited.edit([
          { keep: 6, tokens: [] },
          { keep: 2, tokens: [] },
        ]),
      )
      const kept = await run(more.logProbs)
      expect(relativeError(kept[0] ?? [], want[0] ?? [])).toBeLessThan(1e-6)
      const short = await run(lm.open([tokenPrompt([6, 7])]))
      expect(relativeError(kept[1] ?? [], (await run(short.logProbs))[0] ?? [])).toBeLessThan(1e-5)
      ;[whole, start, swapped, edited, more, short].forEach((s) => s.dispose())
      lm.dispose()
    })

    it('draw by row and seed alone, whatever the batch', async () => {
      const lm = await loadGolden('grouped')
      const requests = requestsOf(golden.grouped.rows.map((r) => tokenPrompt(r.promptTokens)))
      const options = { ...greedy(8), temperature: 1.1, topP: 0.9, seed: 3 }
      const all = await run(lm.generate(requests, options))
      const alone = await run(
        lm.generate(
          requests.slice(3, 4).map((r) => ({ ...r, stream: 3 })),
          options,
        ),
      )
      expect(alone[0]?.tokens).toEqual(all[3]?.tokens)
      const other = await run(lm.generate(requests, { ...options, seed: 4 }))
      expect(other.map((c) => c.tokens)).not.toEqual(all.map((c) => c.tokens))
      lm.dispose()
    })

    it('give each row its own limit, whether prompts are generated from or sessions completed', async () => {
      const lm = await loadGolden('grouped')
      const rows = golden.grouped.rows.map((r, i) => ({
        prompt: tokenPrompt(r.promptTokens),
        stream: 100 - i,
        ...(i % 2 === 0 ? {} : { maxNewTokens: i }),
      }))
      const options = { ...greedy(6), temperature: 1.1, seed: 3 }
      const whole = await run(
        lm.generate(
          rows.map(({ prompt, stream }) => ({ prompt, stream })),
          options,
        ),
      )
      const cut = whole.map(({ tokens }, i) => tokens.slice(0, rows[i]?.maxNewTokens))
      expect((await run(lm.generate(rows, options))).map((c) => c.tokens)).toEqual(cut)
      const session = await run(lm.open(rows.map(({ prompt }) => prompt)))
      expect((await run(session.complete(options, rows))).map((c) => c.tokens)).toEqual(cut)
      const plain = await run(session.complete(options))
      expect(plain).toEqual(
        await run(
          lm.generate(
            rows.map(({ prompt }) => ({ prompt })),
            options,
          ),
        ),
      )
      session.dispose()
      lm.dispose()
    })

    it('leave no tensor behind', async () => {
      const before = tf.memory().numTensors
      const lm = await loadGolden('llama3')
      const prompts = golden.llama3.rows.map((r) => tokenPrompt(r.promptTokens))
      const session = await run(lm.open(prompts))
      const fork = await run(session.select([0, 0, 2]))
      await run(fork.complete(greedy(5)))
      await run(lm.generate(requestsOf(prompts), { ...greedy(5), temperature: 1, logProbs: 2 }))
      ;[session, fork].forEach((s) => s.dispose())
      lm.dispose()
      expect(tf.memory().numTensors).toBe(before)
    })
  })
})
