import fc from 'fast-check'
import { type DecodingSession, type TokenChoice, greedy } from '../../src/contracts'
import { selectEngine, tf } from '../../src/engine'
import type { LocalLM } from '../../src/lm'
import { stream } from '../../src/random'
import { loadGolden, run, testedEngines } from './golden'

/** Sessions are values: whatever is done with one, all that came of it and before it still say what their tokens say. */
describe.each(testedEngines)('sessions on %s', (engine) => {
  const state: { lm?: LocalLM } = {}
  beforeAll(async () => {
    await selectEngine(engine)()
    state.lm = await loadGolden('grouped')
  })
  afterAll(() => state.lm?.dispose())
  const model = (): LocalLM => {
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
    kind: fc.constantFrom('select', 'edit', 'join'),
    other: fc.nat(),
  })
  type Action = typeof action extends fc.Arbitrary<infer A> ? A : never

  const next = (
    sessions: ReadonlyArray<DecodingSession>,
    from: DecodingSession,
    { rows, cut, added, kind, other }: Action,
  ): Promise<DecodingSession> =>
    run(
      kind === 'join'
        ? model().join([from, sessions[other % sessions.length] ?? from])
        : kind === 'select'
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
          if (from !== undefined) sessions.push(await next(sessions, from, a))
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

  const prompts = [
    [5, 6, 7],
    [8, 9, 10, 11, 12],
    [6, 6, 13, 4, 9, 17, 12, 3, 3, 8],
  ]
  const opened = (rows: ReadonlyArray<ReadonlyArray<number>>): Promise<DecodingSession> =>
    run(model().open(rows.map((tokens) => ({ kind: 'tokens' as const, tokens }))))

  it('rows that join a running batch are completed as they are alone', async () => {
    const before = tf.memory().numTensors
    const options = { ...greedy(6), repetitionPenalty: 1.2 }
    const alone = await run(
      model().generate(
        prompts.map((tokens, i) => ({ prompt: { kind: 'tokens' as const, tokens }, stream: i })),
        { ...options, temperature: 0.9 },
      ),
    )
    const draws = prompts.map((_, i) => stream(options.seed, 'sample', i))
    const choice = (i: number): TokenChoice => ({
      ...options,
      temperature: 0.9,
      draw: () => draws[i]?.uniform() ?? 0,
    })
    const step = async (from: DecodingSession, rows: ReadonlyArray<number>): Promise<DecodingSession> => {
      const chosen = await run(model().choose(from, rows.map(choice)))
      const next = await run(
        from.edit(from.tokens.map((row, i) => ({ keep: row.length, tokens: [chosen[i]?.id ?? -1] }))),
      )
      from.dispose()
      return next
    }
    const arrives = async (from: DecodingSession, prompt: number): Promise<DecodingSession> => {
      const late = await opened([prompts[prompt] ?? []])
      const both = await run(model().join([from, late]))
      from.dispose()
      late.dispose()
      return both
    }
    const ended = async (from: DecodingSession): Promise<DecodingSession> => {
      const rest = await run(from.select(from.tokens.map((_, i) => i).slice(1)))
      from.dispose()
      return rest
    }
    const texts: ReadonlyArray<number>[] = []
    let rows = [0]
    let session = await opened([prompts[0] ?? []])
    for (let at = 0; rows.length > 0; at++) {
      if (at === 2 || at === 3) {
        session = await arrives(session, at - 1)
        rows = [...rows, at - 1]
      }
      session = await step(session, rows)
      const [first = []] = session.tokens
      const prompt = session.promptLengths[0] ?? 0
      if (first.length - prompt === 6) {
        texts.push(first.slice(prompt))
        rows = rows.slice(1)
        if (rows.length > 0) session = await ended(session)
      }
    }
    session.dispose()
    // A stop token may end a row of `generate` early; here each row takes all of its steps.
    alone.forEach(({ tokens }, i) => expect(texts[i]?.slice(0, tokens.length)).toEqual(tokens))
    expect(tf.memory().numTensors).toBe(before)
  })

  it('a prompt opened after an earlier one is a prompt like any other', async () => {
    const before = tf.memory().numTensors
    const first = await opened([[5, 6, 7, 8]])
    const later = await run(model().reopen(first, [{ keep: 3, tokens: [9, 10] }]))
    const anew = await opened([[5, 6, 7, 9, 10]])
    expect(later.tokens).toEqual(anew.tokens)
    expect(later.promptLengths).toEqual([5])
    const [got, wanted] = [await run(later.logProbs), await run(anew.logProbs)]
    got[0]?.forEach((x, i) => expect(x).toBeCloseTo(wanted[0]?.[i] ?? NaN, 4))
    ;[first, later, anew].forEach((s) => s.dispose())
    expect(tf.memory().numTensors).toBe(before)
  })

  it('choices tell log-probabilities only where they are asked for', async () => {
    const session = await opened([
      [5, 6, 7],
      [8, 9],
    ])
    const plain = { ...greedy(1), draw: () => 0 }
    const [a, b] = await run(model().choose(session, [plain, { ...plain, logProbs: 2 }]))
    const logProbs = await run(session.logProbs)
    const [own = new Float32Array(0)] = logProbs
    expect(a).toEqual({ id: own.indexOf(Math.max(...own)) })
    expect(b?.logProbs?.top.map(({ logProb }) => logProb)).toEqual(
      [...(logProbs[1] ?? [])].sort((x, y) => y - x).slice(0, 2),
    )
    expect(b?.logProbs?.chosen).toEqual(b?.logProbs?.top[0])
    session.dispose()
  })

  it('sessions of another model, and a wrong number of rows, are refused', async () => {
    const session = await opened([[5, 6, 7]])
    expect(await model().choose(session, [])()).toMatchObject({ _tag: 'Left', left: { _tag: 'BadOption' } })
    expect(await model().join([{ ...session }])()).toMatchObject({
      _tag: 'Left',
      left: { _tag: 'BadOption', kind: 'input' },
    })
    session.dispose()
  })
})
