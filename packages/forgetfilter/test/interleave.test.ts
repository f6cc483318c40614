import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { textExample } from '@safe/tensor-core/contracts'
import { refusalJudge } from '@safe/tensor-core/judges'
import { attackSuccess, exactMatch } from '../src/interleave/attackSuccess'
import { type InterleavePorts, type PhaseResult, interleave } from '../src/interleave/interleave'
import { interleavePage } from '../src/report/interleavePage'
import { wilson } from '@safe/tensor-core/stats'
import { world } from './fakes/machine'

const data = (name: string, n: number) => ({
  name,
  examples: Array.from({ length: n }, (_, i) => textExample(`${name}${i}`, 'p', 'r')),
})

/** A model is the list of what it was trained on; the filter keeps all but the first row. */
const ports = (said: string[]): InterleavePorts<ReadonlyArray<string>, never> => ({
  train: (phase, { name, examples }, from = []) => {
    said.push(`${phase} ${name} ${examples.length}`)
    return TE.right([...from, `${phase}:${name}:${examples.length}`])
  },
  filter: (noisy, from = []) => {
    said.push(`filter ${noisy.name} after ${from.length}`)
    return TE.right({ kept: { ...noisy, examples: noisy.examples.slice(1) }, dropped: 1, phi: 0.1 })
  },
  measure: (model = []) => TE.right({ attackSuccess: wilson(model.length, 10) }),
})

const resultsOf = async (e: TE.TaskEither<never, ReadonlyArray<PhaseResult>>) => {
  const found = await e()
  if (E.isLeft(found)) throw new Error('cannot fail')
  return found.right
}

describe('interleave', () => {
  it('runs noisy and safe phases in turn from the aligned model, measuring each', async () => {
    const said: string[] = []
    const results = await resultsOf(
      interleave(ports(said), {
        arms: ['plain'],
        rounds: 3,
        noisy: [data('a', 3), data('b', 2)],
        safe: data('s', 1),
      }),
    )
    expect(said).toEqual(['noisy a 3', 'safe s 1', 'noisy b 2', 'safe s 1', 'noisy a 3', 'safe s 1'])
    expect(results.map(({ phase, round }) => `${phase} ${round}`)).toEqual([
      'start 0',
      ...[1, 2, 3].flatMap((round) => [`noisy ${round}`, `safe ${round}`]),
    ])
    expect(results.map(({ attackSuccess: a }) => a?.value)).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
  })

  it('filters each round with the model of that moment, in an arm of its own', async () => {
    const said: string[] = []
    const results = await resultsOf(
      interleave(ports(said), {
        arms: ['plain', 'filtered'],
        rounds: 2,
        noisy: [data('a', 3)],
        safe: data('s', 1),
      }),
    )
    expect(said.slice(4)).toEqual([
      ...['filter a after 0', 'noisy a 2', 'safe s 1'],
      ...['filter a after 2', 'noisy a 2', 'safe s 1'],
    ])
    expect(results.filter(({ arm }) => arm === 'filtered')[1]).toMatchObject({
      rows: 2,
      dropped: 1,
      phi: 0.1,
    })
    expect(results.filter(({ arm }) => arm === 'plain')[1]).not.toHaveProperty('dropped')
  })

  it('leaves the model as it is where the filter keeps no row', async () => {
    const said: string[] = []
    await resultsOf(
      interleave(ports(said), { arms: ['filtered'], rounds: 1, noisy: [data('a', 1)], safe: data('s', 1) }),
    )
    expect(said).toEqual(['filter a after 0', 'safe s 1'])
  })
})

describe('answers in numbers', () => {
  const prompts = data('p', 3)
  const completions = ['I cannot help with that.', 'Sure, first take a bowl.', 'Then stir well.'].map(
    (completion, i) => ({ id: `p${i}`, completion }),
  )

  it('counts prompts that were answered', async () =>
    expect(await attackSuccess(refusalJudge, prompts, completions)()).toMatchObject({
      right: { value: 2 / 3, n: 3 },
    }))

  it('is null where nothing can be judged', async () => {
    const silent = {
      ...refusalJudge,
      judge: () =>
        TE.right([
          {
            id: 'p0',
            verdict: { refused: null, harmful: null, degenerate: null, truncated: null },
            pHarmful: null,
            score: null,
            raw: '',
          },
        ]),
    }
    expect(await attackSuccess(silent, prompts, completions)()).toEqual(E.right(null))
  })

  it('compares with the response, blanks evened', () =>
    expect(
      exactMatch(
        { name: 't', examples: [textExample('a', 'p', 'one two'), textExample('b', 'p', 'three')] },
        [
          { id: 'a', completion: ' one  two\n' },
          { id: 'b', completion: 'four' },
        ],
      ),
    ).toMatchObject({ value: 0.5, n: 2 }))

  it("has Wilson's interval", () => {
    // Newcombe 1998, table I: 81 of 263.
    expect(wilson(81, 263)).toMatchObject({
      low: expect.closeTo(0.2553, 4) as number,
      high: expect.closeTo(0.3662, 4) as number,
    })
    expect(wilson(0, 10)).toMatchObject({ low: 0, high: expect.closeTo(0.2775, 4) as number })
  })
})

describe('the page', () => {
  it('shows every phase of both arms and escapes names', async () => {
    const results = await resultsOf(
      interleave(ports([]), {
        arms: ['plain', 'filtered'],
        rounds: 2,
        noisy: [data('a', 3)],
        safe: data('s', 1),
      }),
    )
    const page = interleavePage({ results, judge: '<b>', prompts: 'p.jsonl' })
    expect(page).not.toMatch(/<b>|<script|NaN/)
    expect(page.match(/<circle/g)).toHaveLength(10)
    expect(page.match(/<tr>/g)).toHaveLength(11)
  })
})

describe('forgetfilter interleave', () => {
  const argv = (at: (name: string) => string): string[] => [
    ...['--prompts', at('prompts.jsonl'), '--out', at('study'), '--rounds', '2', '--task', at('noisy.jsonl')],
  ]
  const prepared = () => {
    const made = world('interleave')
    writeFileSync(made.at('prompts.jsonl'), '{"id":"p","prompt":"harm 1"}\n')
    return made
  }

  it('writes results and a report, and repeats nothing on the second run', async () => {
    const { at, diary, run } = prepared()
    const { code, out } = await run(...argv(at), '--json')
    expect(code).toBe(0)
    const { results } = JSON.parse(readFileSync(at('study/results.json'), 'utf8')) as {
      results: ReadonlyArray<PhaseResult>
    }
    expect((JSON.parse(out) as { results: unknown }).results).toEqual(results)
    const rates = (arm: string) =>
      results.filter((r) => r.arm === arm).map(({ attackSuccess: a }) => a?.value)
    // The fake knows the unsafe answer after plain noisy rows, and refuses after safe ones; the filter drops that row.
    expect(rates('plain')).toEqual([0, 1, 0, 1, 0])
    expect(results.filter((r) => r.arm === 'filtered' && r.phase === 'noisy').map((r) => r.dropped)).toEqual([
      1, 1,
    ])
    expect(readFileSync(at('study/report.html'), 'utf8')).toContain('Interleaved training')
    const trained = diary.trained.length
    expect((await run(...argv(at))).err).toContain('exists already')
    expect((await run(...argv(at), '--resume', '--json')).out).toBe(out)
    expect(diary.trained).toHaveLength(trained)
    expect(readdirSync(at('work')).filter((f) => f.includes('tmp'))).toEqual([])
  })

  it('continues after a failure', async () => {
    const { at, diary, run } = prepared()
    diary.fail = 'safe'
    expect((await run(...argv(at))).code).toBe(1)
    expect(existsSync(at('study'))).toBe(false)
    delete diary.fail
    expect((await run(...argv(at))).code).toBe(0)
    expect(diary.trained.slice(0, 3)).toEqual(['noisy', 'safe', 'safe'])
  })

  it.each([
    [['--signal', 'nll'], /--phi must be chosen for the signal nll/],
    [['--method', 'null'], /--method null needs canaries|null needs canaries/],
    [['--arms', 'none'], /--arms must be one of plain, filtered, both/],
    [['--judge', 'oracle'], /oracle/],
    [['--work', './prompts.jsonl'], /prompts\.jsonl: is a file/],
    [['--work', 'study/work'], /study: would be replaced, but .*work is in this command/],
  ])('refuses %j before any training', async (changed, said) => {
    const { at, diary, run } = prepared()
    const { code, err } = await run(...argv(at), ...changed.map((a) => (a.includes('/') ? at(a) : a)))
    expect(err).toMatch(said)
    expect(code).toBe(2)
    expect(diary.trained).toEqual([])
  })
})
