import fc from 'fast-check'
import type { CausalLM, DecodingSession } from '../../src/contracts'
import { selectEngine, tf } from '../../src/engine'
import { loadGolden, run, testedEngines } from './golden'

/** Sessions are values: whatever is done with one, all that came of it and before it still say what their tokens say. */
describe.each(testedEngines)('sessions on %s', (engine) => {
  const state: { lm?: CausalLM } = {}
  beforeAll(async () => {
    await selectEngine(engine)()
    state.lm = await loadGolden('grouped')
  })
  afterAll(() => state.lm?.dispose())
  const model = (): CausalLM => {
    if (state.lm === undefined) throw new Error('no model')
    return state.lm
  }

  const token = fc.integer({ min: 3, max: 20 })
  /** What is done next: to which of the sessions so far, and what. */
  const action = fc.record({
    on: fc.nat(),
    rows: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
    cut: fc.nat(3),
    added: fc.array(token, { minLength: 1, maxLength: 10 }),
    selects: fc.boolean(),
  })
  type Action = typeof action extends fc.Arbitrary<infer A> ? A : never

  const next = (from: DecodingSession, { rows, cut, added, selects }: Action): Promise<DecodingSession> =>
    run(
      selects
        ? from.select(rows.map((n) => n % from.tokens.length))
        : from.edit(
            from.tokens.map((row, n) => ({
              keep: Math.max(1, row.length - ((cut + n) % 4)),
              tokens: added.slice(0, 1 + ((n + added.length) % added.length)),
            })),
          ),
    )

  it('keep what they say while others grow out of them', async () => {
    const before = tf.memory().numTensors
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 3, maxLength: 7 }), async (actions) => {
        const prompts = [
          [5, 6, 7],
          [8, 9, 10, 11, 12],
        ].map((tokens) => ({ kind: 'tokens' as const, tokens }))
        const sessions = [await run(model().open(prompts))]
        for (const a of actions) {
          const from = sessions[a.on % sessions.length]
          if (from !== undefined) sessions.push(await next(from, a))
        }
        for (const session of sessions) {
          const alone = await run(
            model().open(session.tokens.map((tokens) => ({ kind: 'tokens' as const, tokens }))),
          )
          const [got, wanted] = [await run(session.logProbs), await run(alone.logProbs)]
          const largest = Math.max(
            ...got.flatMap((row, n) => Array.from(row, (x, i) => Math.abs(x - (wanted[n]?.[i] ?? NaN)))),
          )
          expect(largest).toBeLessThan(1e-4)
          alone.dispose()
        }
        sessions.forEach((s) => s.dispose())
      }),
      { numRuns: 15 },
    )
    expect(tf.memory().numTensors).toBe(before)
  })
})
