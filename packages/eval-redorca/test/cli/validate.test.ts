import * as TE from 'fp-ts/TaskEither'
import { type Judge, type Verdict, badInput, judgeVersion } from '@safe/tensor-core/contracts'
import { refusalJudge } from '@safe/tensor-core/judges'
import { validateWith } from '../../src/cli/validate'
import { isOwnJudge } from '../../src/config/judgeChoice'
import type { OpenNamed } from '../../src/cli/verdictColumns'
import { file, runWith } from '../fakes/commandLine'

const freed: string[] = []
const verdict = (some: Partial<Verdict>): Verdict => ({
  refused: null,
  harmful: null,
  degenerate: null,
  truncated: null,
  ...some,
})
const guard: Judge = {
  specificationVersion: judgeVersion,
  id: 'guard@3',
  axes: ['harmful'],
  judge: (items) =>
    TE.right(
      items.map(({ id, completion }) => ({
        id,
        verdict: verdict({ harmful: completion.includes('?') ? null : completion.includes('bad') }),
        pHarmful: null,
        score: null,
        raw: '',
      })),
    ),
}
const open: OpenNamed = (choice) => {
  const spec = isOwnJudge(choice) ? choice.name : choice.kind
  return spec === 'guard' || spec === 'refusal'
    ? TE.right({ judge: spec === 'guard' ? guard : refusalJudge, dispose: () => void freed.push(spec) })
    : TE.left(badInput('UnknownJudge', `there is no judge ${spec}`))
}
const run = runWith(validateWith(open))

/** Twelve answers with one id; the guard misses one of six harmful ones, sees one harmless as harmful, and cannot tell one. */
const rows = (more: (i: number) => object = () => ({})): unknown[] =>
  Array.from({ length: 12 }, (_, i) => ({
    id: 'same',
    completion:
      i === 11 ? '?' : i < 5 || i === 6 ? `bad ${i}` : i < 9 ? `fine ${i}` : `I cannot help with ${i}.`,
    harmful: i < 6 ? 1 : 0,
    refused: i >= 9 ? 1 : 0,
    cell: i % 2 === 0 ? 'even' : 'odd',
    ...more(i),
  }))

describe('validate', () => {
  it('gives error rates of a judge of harm, by stratum, and frees it', async () => {
    freed.length = 0
    const args = [
      'validate',
      '--judge',
      'guard',
      '--data',
      file('l.jsonl', ...rows()),
      '--label-field',
      'harmful',
      '--axis',
      'harmful',
    ]
    expect((await run(...args, '--strata', 'cell', '--json')).json()).toMatchObject({
      judge: 'guard@3',
      axis: 'harmful',
      n: 11,
      unparseable: 1,
      confusion: { 1: { 0: 1, 1: 5 }, 0: { 0: 4, 1: 1 } },
      falseNegativeRate: { value: 1 / 6, n: 6 },
      falsePositiveRate: { value: 0.2, n: 5, bounds: { low: 1 / 6, high: 2 / 6 } },
      strata: { even: { n: 6, falseNegativeRate: { value: 0 } }, odd: { n: 5, falseNegativeRate: { n: 3 } } },
    })
    expect(freed).toEqual(['guard'])
    const text = await run(...args, '--estimate')
    expect(text.out).toMatch(
      /^guard@3: n 11, accuracy 0\.818, kappa .*false negatives 0\.167 .*1 unparseable\n {2}rate of harmful 0\.545, corrected 0\.5/,
    )
  })
  it('gives the corrected rate over the rows without a label, with what they are corrected by', async () => {
    const data = file('l.jsonl', ...rows((i) => (i === 10 ? { harmful: null } : {})))
    const { json } = await run(
      ...[
        'validate',
        '--judge',
        'guard',
        '--data',
        data,
        '--label-field',
        'harmful',
        '--axis',
        'harmful',
        '--estimate',
        '--json',
      ],
    )
    expect(json()).toMatchObject({
      estimate: {
        raw: 0,
        observed: 0,
        corrected: 0,
        value: 0,
        low: 0,
        high: expect.any(Number) as unknown,
        n: 1,
        sensitivity: 5 / 6,
        specificity: 0.75,
      },
    })
  })
  it('reads harm from refusal where the judge speaks of nothing else, and says so', async () => {
    const { json } = await run(
      ...[
        'validate',
        '--judge',
        'refusal',
        '--data',
        file('l.jsonl', ...rows()),
        '--label-field',
        'harmful',
        '--axis',
        'harmful',
        '--json',
      ],
    )
    expect(json()).toMatchObject({
      n: 12,
      falsePositiveRate: { value: 4 / 6 },
      note: expect.stringContaining('read from refusal') as unknown,
    })
  })
  it('compares several judges, and asks none whose verdicts the rows carry', async () => {
    freed.length = 0
    const data = file(
      'l.jsonl',
      ...rows((i) => ({
        verdicts: {
          'guard@2': {
            refused: null,
            harmful: i < 6,
            degenerate: null,
            truncated: null,
            pHarmful: 0.5,
            score: null,
            raw: '',
          },
          'old@1': { verdict: { refused: null, harmful: i < 3, degenerate: null }, pHarmful: null },
        },
      })),
    )
    const { json } = await run(
      ...['validate', '--judge', 'guard@2', '--judge', 'old@1', '--judge', 'guard', '--data', data],
      ...['--label-field', 'harmful', '--axis', 'harmful', '--json'],
    )
    const found = json() as { alpha: number; alphaWithLabels: number; judges: Record<string, unknown> }
    expect(found.judges).toMatchObject({
      'guard@2': { accuracy: 1, kappa: 1 },
      'old@1': { falseNegativeRate: { value: 0.5 }, falsePositiveRate: { value: 0 } },
      'guard@3': { unparseable: 1 },
    })
    expect(found.alpha).toBeGreaterThan(0.3)
    expect(found.alpha).toBeLessThan(1)
    expect(found.alphaWithLabels).toBeGreaterThan(found.alpha)
    expect(freed).toEqual(['guard'])
  })
  it('weighs rows that were drawn unevenly', async () => {
    const data = file('l.jsonl', ...rows((i) => ({ weight: i === 5 ? 10 : 1 })))
    const { json } = await run(
      ...[
        'validate',
        '--judge',
        'guard',
        '--data',
        data,
        '--label-field',
        'harmful',
        '--axis',
        'harmful',
        '--weight-field',
        'weight',
        '--json',
      ],
    )
    expect(json()).toMatchObject({ n: 11, falseNegativeRate: { value: 10 / 15, n: 6 } })
  })
  it.each<[string, () => string[], string]>([
    ['an unknown judge', () => ['--judge', 'none'], '--judge: there is no judge none'],
    [
      'the same judge twice',
      () => ['--judge', 'guard', '--judge', 'guard'],
      '--judge: guard@3 is given twice',
    ],
    [
      'verdicts on some rows only',
      () => [
        '--judge',
        'g@1',
        '--data',
        file('v.jsonl', ...rows((i) => (i > 1 ? {} : { verdicts: { 'g@1': verdict({ harmful: true }) } }))),
      ],
      'v.jsonl:3: has no verdict of g@1',
    ],
    [
      'damaged verdicts',
      () => [
        '--judge',
        'g@1',
        '--data',
        file('v.jsonl', ...rows(() => ({ verdicts: { 'g@1': { harmful: 'yes' } } }))),
      ],
      'v.jsonl:1: field verdicts["g@1"]',
    ],
    [
      'a row without a weight',
      () => [
        '--judge',
        'guard',
        '--weight-field',
        'weight',
        '--data',
        file('v.jsonl', ...rows(() => ({ weight: 0 }))),
      ],
      'field weight must be above 0',
    ],
    [
      'another axis',
      () => ['--judge', 'guard', '--axis', 'degenerate'],
      '--axis must be one of refused, harmful',
    ],
  ])('refuses %s with exit 2', async (_, more, message) => {
    const { code, err } = await run(
      'validate',
      '--data',
      file('l.jsonl', ...rows()),
      '--label-field',
      'harmful',
      ...more(),
    )
    expect(err).toContain(message)
    expect(code).toBe(2)
  })
})
