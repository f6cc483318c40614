/** The method against a plain torch implementation of it (tools/golden/dualselect.py), in float64. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type DualSelectOptions, type SelectionRow, dualSelect } from '../src'
import { type Row, type Shape, example, lowRank } from './support/lowRank'
import { type Plan, train } from './support/loop'
import { dataset, defended } from './support/world'

interface Golden {
  readonly shape: Shape
  readonly frozen: number[][]
  readonly initial: number[]
  readonly task: Row[]
  readonly references: Row[]
  readonly plan: Plan
  readonly cases: {
    readonly options: Partial<DualSelectOptions>
    readonly selections: SelectionRow[]
    readonly gradNorms: number[]
    readonly final: number[]
  }[]
}

const golden = JSON.parse(readFileSync(join(__dirname, 'golden', 'low-rank.json'), 'utf8')) as Golden
const task = golden.task.map((row, i) => example(String(i), row))
const references = dataset(
  'references',
  golden.references.map((row, i) => example(String(i), row)),
)

describe('against torch', () => {
  it.each(golden.cases.map((c) => [JSON.stringify(c.options), c] as const))('%s', async (_, expected) => {
    const on = lowRank(golden.shape, golden.frozen, golden.initial)
    const rule = await defended(
      dualSelect(expected.options, {
        references,
        seed: 1,
        countTokens: (e) => (e.response.kind === 'tokens' ? e.response.tokens.length : 0),
      }),
      on,
    )
    const got = await train(on, rule, task, golden.plan)
    const rows = got.notes.filter((n) => n['kind'] !== 'warning') as unknown as SelectionRow[]
    expect(rows.map((r) => [r.kind, r.epoch, r.step, r.indices])).toEqual(
      expected.selections.map((r) => [r.kind, r.epoch, r.step, r.indices]),
    )
    rows.forEach((r, k) => {
      const e = expected.selections[k]!
      for (const part of ['weights', 'losses', 'cosines', 'scores'] as const)
        r[part].forEach((x, i) => expect(Math.abs(x! - e[part][i]!)).toBeLessThan(5e-6))
    })
    got.gradients.forEach((g, k) =>
      expect(Math.sqrt(g.reduce((s, x) => s + x * x, 0))).toBeCloseTo(expected.gradNorms[k]!, 6),
    )
    got.theta.forEach((x, i) => expect(Math.abs(x - expected.final[i]!)).toBeLessThan(1e-6))
  })
})
