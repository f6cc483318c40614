import {
  type Judge,
  type JudgeItem,
  type Judgement,
  failure,
  greedy,
  requestsOf,
  textPrompt,
  tokenPrompt,
} from '@safe/tensor-core/contracts'
import { harmFinding, refusalJudge } from '@safe/tensor-core/judges'
import fc from 'fast-check'
import * as TE from 'fp-ts/TaskEither'
import { refusalText } from '../src/defaults'
import { guard } from '../src/rivals/guard'
import { addVerdicts, isReplaced, noGuarding } from '../src/rivals/guardVerdict'
import { left, right } from './fixtures/right'
import { randomLogits, toyModel, wordTokenizer } from './fixtures/toy'

const words = wordTokenizer(['the', 'cat', 'is', 'no'])
const draftOf = (seed: number) => toyModel('draft', words, randomLogits(seed, words.size))
const requests = requestsOf(['the cat', 'is the cat', 'no'].map(textPrompt))

const judged = (pHarmful: number | null, harmful: boolean | null = null): Judgement => ({
  id: '0',
  verdict: { refused: null, harmful, degenerate: null, truncated: null },
  pHarmful,
  score: null,
  raw: '',
})
/** A judge of harm by a function of the item; it keeps what it was asked. */
const judgeBy = (of: (item: JudgeItem, i: number) => Judgement, seen: JudgeItem[] = []): Judge => ({
  specificationVersion: 2,
  id: 'test@1',
  axes: ['harmful'],
  judge: (items) => {
    seen.push(...items)
    return TE.right(items.map((item, i) => ({ ...of(item, i), id: item.id })))
  },
})

describe('harmFinding', () => {
  it.each([
    [judged(0.6), 0.5, 'harmful'],
    [judged(0.5), 0.5, 'safe'],
    [judged(0.2, true), 0.5, 'safe'],
    [judged(null, true), 1, 'harmful'],
    [judged(null, false), 0, 'safe'],
    [judged(null, null), 0.5, 'unparsed'],
    [judged(Number.NaN), 0.5, 'harmful'],
    [undefined, 0.5, 'unparsed'],
  ])('of %j at %d is %s', (judgement, threshold, verdict) => {
    expect(harmFinding(judgement, threshold)).toBe(verdict)
  })

  it('replaces no fewer answers at a lower threshold, and counts each once', () => {
    const p = fc.option(fc.float({ min: 0, max: 1, noNaN: true }))
    fc.assert(
      fc.property(
        fc.array(p),
        fc.float({ min: 0, max: 1, noNaN: true }),
        fc.float({ min: 0, max: 1, noNaN: true }),
        (ps, a, b) => {
          const tally = (t: number) =>
            addVerdicts(
              noGuarding,
              ps.map((x) => harmFinding(judged(x), t)),
              'answer',
            )
          const [strict, loose] = [tally(Math.min(a, b)), tally(Math.max(a, b))]
          expect(strict.replaced).toBeGreaterThanOrEqual(loose.replaced)
          expect(strict.unparsed).toBe(ps.filter((x) => x === null).length)
          expect(strict.answers).toBe(ps.length)
        },
      ),
    )
    expect((['safe', 'harmful', 'unparsed'] as const).map((v) => isReplaced(v, 'refuse'))).toEqual([
      false,
      true,
      true,
    ])
  })
})

describe('guard', () => {
  it('is the model itself where the judge never objects', async () => {
    const draft = draftOf(1)
    const model = await right(guard({}, { judge: judgeBy(() => judged(0)) }).apply(draft))
    const sampled = { ...greedy(8), temperature: 1 }
    for (const options of [greedy(8), sampled])
      expect(await right(model.generate(requests, options))).toEqual(
        await right(draft.generate(requests, options)),
      )
    const session = await right(model.open([textPrompt('the cat')]))
    const own = await right(draft.open([textPrompt('the cat')]))
    expect(await right(session.complete(greedy(8)))).toEqual(await right(own.complete(greedy(8))))
  })

  it('replaces what is harmful or not understood, and says what it did', async () => {
    const seen: JudgeItem[] = []
    const told: unknown[] = []
    const judge = judgeBy((_, i) => [judged(0.9), judged(0.1), judged(null)][i] ?? judged(0), seen)
    const draft = draftOf(1)
    const own = await right(draft.generate(requests, greedy(4)))
    const refused = { tokens: words.encodeInner(refusalText), text: refusalText, finishReason: 'stop' }
    const model = await right(guard({}, { judge, record: (d) => told.push(d) }).apply(draft))
    expect(await right(model.generate(requests, greedy(4)))).toEqual([refused, own[1], refused])
    expect(seen.map(({ prompt, completion, truncated }) => ({ prompt, completion, truncated }))).toEqual(
      own.map((c, i) => ({
        prompt: ['the cat', 'is the cat', 'no'][i],
        completion: c.text,
        truncated: c.finishReason === 'length',
      })),
    )
    const passing = await right(
      guard({ unparsed: 'answer', threshold: 0.95, refusal: 'no' }, { judge }).apply(draft),
    )
    expect(await right(passing.generate(requests, greedy(4)))).toEqual(own)
    await right(model.generate(requests.slice(0, 1), greedy(4)))
    expect(told.at(-1)).toEqual({ answers: 4, harmful: 2, unparsed: 1, replaced: 3 })
  })

  it('reads the whole completion of a session, and replaces what is added to it', async () => {
    const seen: JudgeItem[] = []
    const draft = draftOf(1)
    const judge = judgeBy((item) => judged(item.completion.startsWith('no') ? 1 : 0), seen)
    const model = await right(guard({ refusal: 'is no' }, { judge }).apply(draft))
    const session = await right(model.open([textPrompt('the cat'), tokenPrompt(words.encode('is the'))]))
    const edited = await right(
      session.edit(session.tokens.map((row) => ({ keep: row.length, tokens: words.encode('no cat') }))),
    )
    const one = await right(edited.select([1]))
    expect(await right(one.complete(greedy(3)))).toEqual([
      { tokens: words.encode('is no'), text: 'is no', finishReason: 'stop' },
    ])
    expect(seen[0]).toMatchObject({ prompt: 'is the' })
    expect(seen[0]?.completion.startsWith('no cat')).toBe(true)
    ;[session, edited, one].forEach((s) => s.dispose())
    expect(draft.work.open).toBe(0)
  })

  it('needs a judge of harm, and passes on what the judge could not do', async () => {
    expect(await left(guard({}, { judge: refusalJudge }).apply(draftOf(1)))).toMatchObject({
      _tag: 'BadOption',
      kind: 'input',
      where: 'judge refusal@1',
    })
    expect(
      await left(guard({ threshold: 2 }, { judge: judgeBy(() => judged(0)) }).apply(draftOf(1))),
    ).toMatchObject({
      _tag: 'BadOption',
      field: 'threshold',
    })
    const broken: Judge = {
      ...judgeBy(() => judged(0)),
      judge: () => TE.left(failure('JudgeFailed', 'is away')),
    }
    const model = await right(guard({}, { judge: broken }).apply(draftOf(1)))
    expect(await left(model.generate(requests, greedy(4)))).toMatchObject({ _tag: 'JudgeFailed' })
  })
})
