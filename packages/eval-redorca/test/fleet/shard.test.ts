import * as E from 'fp-ts/Either'
import * as fc from 'fast-check'
import { shardOf, shardOption } from '../../src/cli/shardOption'
import { undefended } from '../../src/plan/factors'
import type { Job } from '../../src/plan/plan'
import { shardsOf } from '../../src/work/fleet/shard'

// plans ------------------------------------------------------------------------------------------

const job = (id: string, kind: Job['kind'], needs: ReadonlyArray<string>, cost: number): Job => ({
  ...{ id, kind, needs, cost },
  factors: { model: 'aligned', regime: 'r', ...undefended, seed: 1 },
})

/** Fine-tunes with cells, some with a correction between, and models without fine-tuning. */
const plans = fc
  .record({
    roads: fc.array(
      fc.record({ cost: fc.nat(50), cells: fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }) }),
      { minLength: 1, maxLength: 12 },
    ),
    references: fc.nat(2),
  })
  .map(({ roads, references }) => [
    ...Array.from({ length: references }, (_, i) => job(`cell|r${i}`, 'cell', [], 1)),
    ...roads.flatMap(({ cost, cells }, road) => [
      job(`tune${road}`, 'adapter', [], cost),
      ...cells.flatMap((isCorrected, i) => {
        const weights = job(`weights${road}.${i}`, 'weights', [`tune${road}`], 5)
        const cell = `cell|${road}.${i}`
        return isCorrected
          ? [weights, job(cell, 'cell', [weights.id], 2)]
          : [job(cell, 'cell', [`tune${road}`], 2)]
      }),
    ]),
  ])

// tests ------------------------------------------------------------------------------------------

describe('the split of a benchmark', () => {
  it('gives every cell to one part, keeps fine-tunes together, and is as even as its largest group', () => {
    fc.assert(
      fc.property(plans, fc.integer({ min: 1, max: 6 }), (jobs, count) => {
        const parts = shardsOf(jobs, count)
        const cells = jobs.filter(({ kind }) => kind === 'cell').map(({ id }) => id.slice(5))
        expect([...parts.keys()].sort()).toEqual([...cells].sort())
        const loads = Array.from({ length: count }, () => 0)
        const costs = new Map<string, number>()
        for (const { id, kind, cost } of jobs) {
          const road = /^(?:tune|weights|cell\|)(r?\d+)/.exec(id)?.[1] ?? ''
          costs.set(road, (costs.get(road) ?? 0) + cost)
          if (kind === 'cell') expect(parts.get(id.slice(5))).toBeLessThan(count)
        }
        const roads = new Map(cells.map((id) => [id.split('.')[0] ?? '', new Set<number | undefined>()]))
        for (const id of cells) roads.get(id.split('.')[0] ?? '')?.add(parts.get(id))
        for (const [road, found] of roads) {
          expect(found.size).toBe(1)
          const [part = 0] = found
          loads[part] = (loads[part] ?? 0) + (costs.get(road) ?? 0)
        }
        const largest = Math.max(...costs.values())
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(largest)
      }),
    )
  })

  it('is the same wherever it is computed', () => {
    fc.assert(
      fc.property(plans, fc.integer({ min: 1, max: 6 }), (jobs, count) => {
        expect([...shardsOf(jobs, count)]).toEqual([...shardsOf(structuredClone(jobs), count)])
      }),
      { numRuns: 20 },
    )
  })
})

describe('which part a process runs', () => {
  const given = (text: string) => shardOption.shard.decode(text)
  const from = (env: Readonly<Record<string, string>>) => shardOf(undefined, env)
  const part = (index: number, count: number): object => ({
    _tag: 'Right',
    right: { shard: { index, count } },
  })

  it('is told by i/n, counted from 1 or from 0', () => {
    const parts = (texts: ReadonlyArray<string>) =>
      texts.map((text) => E.toUnion(given(text))).map((one) => (typeof one === 'object' ? one.index : one))
    expect([...parts(['1/3', '2/3', '3/3'])].sort()).toEqual([0, 1, 2])
    expect([...parts(['0/3', '1/3', '2/3'])].sort()).toEqual([0, 1, 2])
    for (const wrong of ['4/3', '1/0', '-1/3', '1', 'a/b', '1.5/2', ''])
      expect(given(wrong)).toMatchObject({ _tag: 'Left' })
  })

  it('is told by Slurm, whatever the array counts from', () => {
    const slurm = (id: number, count: number, more: Readonly<Record<string, string>> = {}) =>
      from({ SLURM_ARRAY_TASK_ID: String(id), SLURM_ARRAY_TASK_COUNT: String(count), ...more })
    for (const min of [0, 1, 7])
      for (let i = 0; i < 4; i += 1)
        expect(slurm(min + i, 4, { SLURM_ARRAY_TASK_MIN: String(min) })).toMatchObject(part(i, 4))
    expect(slurm(4, 3, { SLURM_ARRAY_TASK_MIN: '0', SLURM_ARRAY_TASK_STEP: '2' })).toMatchObject(part(2, 3))
    const unnamed = [1, 2, 3].map((id) => slurm(id, 3))
    expect(new Set(unnamed.map((one) => JSON.stringify(one))).size).toBe(3)
    // A gap in the array leaves parts that nobody runs.
    expect(slurm(9, 3, { SLURM_ARRAY_TASK_MIN: '1' })).toMatchObject({ left: { kind: 'input' } })
    // One task is the whole, such as one of an array that is run again.
    expect(slurm(3, 1, { SLURM_ARRAY_TASK_MIN: '3' })).toEqual(E.right(undefined))
    expect(from({ SLURM_ARRAY_TASK_ID: '1' })).toMatchObject({
      left: { kind: 'input', where: 'SLURM_ARRAY_TASK_COUNT' },
    })
  })

  it('is told by Kubernetes with the number of completions, which it does not set itself', () => {
    expect(from({ JOB_COMPLETION_INDEX: '2', JOB_COMPLETIONS: '4' })).toMatchObject(part(2, 4))
    const missing = from({ JOB_COMPLETION_INDEX: '2' })
    if (E.isRight(missing)) throw new Error('must be refused')
    expect(missing.left.kind).toBe('input')
    expect(missing.left.message).toContain('JOB_COMPLETION_INDEX')
    expect(missing.left.message).toContain('JOB_COMPLETIONS')
    expect(from({ JOB_COMPLETION_INDEX: '4', JOB_COMPLETIONS: '4' })).toMatchObject({ _tag: 'Left' })
  })

  it('is told by SkyPilot; the option wins, none is the whole, and auto needs some variables', () => {
    const sky = { SKYPILOT_NODE_RANK: '1', SKYPILOT_NUM_NODES: '2' }
    expect(from(sky)).toMatchObject(part(1, 2))
    expect(from({ SKYPILOT_NODE_RANK: '0', SKYPILOT_NUM_NODES: '1' })).toEqual(E.right(undefined))
    expect(shardOf({ index: 0, count: 5 }, sky)).toMatchObject(part(0, 5))
    expect(shardOf('none', sky)).toEqual(E.right(undefined))
    expect(from({})).toEqual(E.right(undefined))
    expect(shardOf('auto', {})).toMatchObject({ left: { kind: 'input' } })
  })
})
