/** Settings answer rows: on toy models, without weights. */
import { mkdtempSync, readFileSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Context, commonOptions, defaultsOf, silentTerminal } from '@safe/tensor-core/cli'
import { refusalJudge } from '@safe/tensor-core/judges'
import { textExample, tokenPrompt } from '@safe/tensor-core/contracts'
import { decodingOptions, generateOptions } from '../src/cli/generateOptions'
import type { SweepValues } from '../src/cli/sweepOptions'
import type { SweepRun } from '../src/cli/sweepAnswering'
import { answeredSettings } from '../src/cli/sweepRun'
import { gridOf } from '../src/sweep/grid'
import type { SweepRow } from '../src/sweep/rows'
import { left, right } from './fixtures/right'
import { randomLogits, toyModel, wordTokenizer } from './fixtures/toy'

const words = wordTokenizer(['take', 'the', 'wax', 'and', 'go', 'sorry', 'cannot', '.'])
const others = wordTokenizer(['sorry', 'cannot', 'the', 'wax', '.'])

const rows: ReadonlyArray<SweepRow> = [
  ...(['harmful', 'benign', 'task'] as const).flatMap((set) =>
    Array.from({ length: 3 }, (_, i): SweepRow => ({
      set,
      cluster: `${set} ${i}`,
      side: 'test',
      example: textExample(`${set}-${i}`, `take the wax ${i}`, 'the wax'),
    })),
  ),
  {
    set: 'benign',
    cluster: 'tokens',
    side: 'test',
    example: { ...textExample('ids', '', ''), prompt: tokenPrompt([1, 4, 5]) },
  },
]

const valuesIn = (out: string): SweepValues => ({
  ...defaultsOf({
    ...decodingOptions,
    draft: generateOptions.draft,
    anchor: generateOptions.anchor,
    prefix: generateOptions.prefix,
    overwrite: generateOptions.overwrite,
    resume: generateOptions.resume,
  }),
  harmful: 'harmful.jsonl',
  benign: 'benign.jsonl',
  task: 'task.jsonl',
  match: 'exact',
  out,
  alphas: [0.5],
  bridgeTokens: [3],
  beams: [1, 2],
  noBaselines: false,
  maxOverRefusal: 0.1,
  verdict: 'refusal',
  sameJudge: false,
  limit: undefined,
  cluster: undefined,
  split: 'none',
  maxNewTokens: 8,
  batchSize: 4,
})

const started = (aborted: () => boolean = () => false) => {
  const out = mkdtempSync(join(tmpdir(), 'alignbeam-sweep-'))
  const stop = new AbortController()
  const draft = toyModel('draft', words, randomLogits(1, words.size))
  const anchor = toyModel('anchor', others, randomLogits(2, others.size))
  const ticks: number[] = []
  const context: Context = {
    ...silentTerminal,
    progress: () => ({
      tick: (n) => {
        ticks.push(n)
        if (aborted()) stop.abort()
      },
      stop: () => undefined,
    }),
    signal: stop.signal,
    common: defaultsOf(commonOptions),
  }
  const run: SweepRun = {
    values: valuesIn(out),
    context,
    cast: { draft, anchor, judge: refusalJudge, dispose: () => undefined },
    verdict: refusalJudge,
    rows,
    solves: (completion, response) => completion === response,
  }
  return { out, run, draft, anchor, ticks }
}
const settings = gridOf({ alphas: [0.5], bridgeTokens: [3], beams: [1, 2], baselines: true })
const linesIn = (out: string, name: string): ReadonlyArray<string> =>
  readFileSync(join(out, 'answers', name), 'utf8')
    .trim()
    .split('\n')
/** Rows without what depends on the clock. */
const said = (out: string): ReadonlyArray<unknown> =>
  readdirSync(join(out, 'answers'))
    .sort()
    .map((name) => [
      name,
      linesIn(out, name).map((line) => ({ ...(JSON.parse(line) as Record<string, unknown>), seconds: 0 })),
    ])

it('every setting answers every row once, in order', async () => {
  const { out, run, draft, anchor, ticks } = started()
  const answered = await right(answeredSettings(run, settings))
  expect(answered.map(({ setting }) => setting)).toEqual(settings)
  answered.forEach(({ outcomes }) => {
    expect(outcomes.map((o) => o.cluster)).toEqual(rows.map((r) => r.cluster))
    expect(outcomes.filter((o) => o.correct !== undefined).map((o) => o.set)).toEqual([
      'task',
      'task',
      'task',
    ])
    outcomes.forEach((o) => expect([o.refused === null, o.seconds >= 0]).toEqual([o.set === 'task', true]))
  })
  expect(ticks.reduce((a, b) => a + b, 0)).toBe(settings.length * rows.length)
  // 1 + K (N - 1) mixed steps, less where a beam ends early.
  const steps = answered.map(({ outcomes }) => Math.max(...outcomes.map((o) => o.telemetry.steps)))
  expect(steps).toEqual([0, 0, 0, 3, 5])
  expect([draft.work.open, anchor.work.open]).toEqual([0, 0])
  const row: unknown = JSON.parse(linesIn(out, 'alpha-0.5-n-3-k-2.jsonl')[9] ?? '')
  expect(row).toMatchObject({
    id: 'ids',
    prompt: '<s> the wax',
    set: 'benign',
    verdict: { refused: expect.any(Boolean) as boolean, degenerate: false },
  })
  expect(row).toMatchObject({
    beams: [{ verdict: expect.any(Number) as number }, { verdict: expect.any(Number) as number }],
  })
})

it('stops between batches, and continues to the same answers', async () => {
  const whole = started()
  await right(answeredSettings(whole.run, settings))
  const state = { ticks: 0 }
  const cut = started(() => ++state.ticks === 5)
  expect(await left(answeredSettings(cut.run, settings))).toMatchObject({
    kind: 'interrupted',
    remedy: expect.stringContaining('--resume') as string,
  })
  expect(readdirSync(join(cut.out, 'answers')).sort()).toEqual(['anchor.jsonl.partial', 'draft.jsonl'])
  const { run } = started()
  const before = { ...cut.draft.work }
  const continued = await right(
    answeredSettings({ ...run, cast: cut.run.cast, values: cut.run.values }, settings),
  )
  expect(said(cut.out)).toEqual(said(whole.out))
  expect(continued.map(({ outcomes }) => outcomes.length)).toEqual(settings.map(() => rows.length))
  // The draft alone was complete: only the prefix, both mixtures and the warm-up complete rows now.
  expect(cut.draft.work.completions - before.completions).toBeLessThanOrEqual(rows.length * 4 + 2)
  // Nothing is left to do.
  const done = { ...cut.draft.work }
  await right(answeredSettings({ ...run, cast: cut.run.cast, values: cut.run.values }, settings))
  expect(cut.draft.work.completions - done.completions).toBeLessThanOrEqual(2)
})
