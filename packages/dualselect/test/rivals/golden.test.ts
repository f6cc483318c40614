/** The rivals against plain torch implementations of their formulas (tools/golden/dualselect_rivals.py), in float64. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Plan, train } from '../support/loop'
import { type Row, type Shape, example, lowRank } from '../support/lowRank'
import { type RivalName, rivalNamed } from '../support/rivals'
import { dataset, defended } from '../support/world'

interface World {
  readonly shape: Shape
  readonly frozen: number[][]
  readonly initial: number[]
  readonly task: Row[]
  readonly references: Row[]
  readonly plan: Plan
}
interface Golden {
  readonly cases: {
    readonly method: RivalName
    readonly options: Readonly<Record<string, number>>
    readonly gradNorms: number[]
    readonly final: number[]
  }[]
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(join(__dirname, '..', 'golden', `${name}.json`), 'utf8'))
const world = read('low-rank') as World
const golden = read('rivals-low-rank') as Golden
const task = world.task.map((row, i) => example(String(i), row))
const safe = dataset(
  'safe',
  world.references.map((row, i) => example(String(i), row)),
)

describe('against torch', () => {
  it.each(golden.cases.map((c) => [c.method, JSON.stringify(c.options), c] as const))(
    '%s %s',
    async (name, _, expected) => {
      const on = lowRank(world.shape, world.frozen, world.initial, { keepsInitial: true })
      const rule = await defended(rivalNamed(name, expected.options, { safe, seed: 1, order: 'file' }), on)
      const got = await train(on, rule, task, world.plan)
      expect(got.failed).toBe(false)
      expect(got.gradients).toHaveLength(expected.gradNorms.length)
      got.gradients.forEach((g, k) =>
        expect(Math.sqrt(g.reduce((s, x) => s + x * x, 0))).toBeCloseTo(expected.gradNorms[k]!, 6),
      )
      got.theta.forEach((x, i) => expect(Math.abs(x - expected.final[i]!)).toBeLessThan(1e-6))
      expect(on.alive()).toBe(0)
    },
  )
})
