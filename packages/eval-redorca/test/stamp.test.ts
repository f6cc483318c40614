import * as E from 'fp-ts/Either'
import { decodeConfig } from '../src/config/configCodec'
import { type Bench, openBench } from '../src/plan/bench'
import { undefended } from '../src/plan/factors'
import type { SuiteUse } from '../src/plan/ports'
import { stampOf } from '../src/results/stamp'
import { folderStore } from '../src/store'
import { taskRunner } from '../src/work/taskRunner'
import { ports } from './fakes/ports'

const none = { data: [], training: [], weights: [], decoding: [] }
const right = <A>(e: E.Either<{ readonly message: string }, A>): A => {
  if (E.isLeft(e)) throw new Error(e.left.message)
  return e.right
}
const engine = { engine: 'fake', device: 'none', versions: {} }
const config = right(
  decodeConfig(
    { regimes: ['poison:0.1'], seeds: [1, 2], stages: none, attackers: { more: { share: 0.2 } } },
    'test',
  ),
)

describe('the stamp of cells', () => {
  it('has the rows of every regime and attacker, which are hashed once in a process', async () => {
    const opened = right(await openBench(ports, config)())
    const asked: string[] = []
    const bench: Bench = {
      ...opened,
      suite: {
        ...opened.suite,
        trainingData: (regime, seed) => {
          asked.push(`${regime} ${seed}`)
          return opened.suite.trainingData(regime, seed)
        },
      },
    }
    const first = stampOf(bench, engine)
    expect(Object.keys(first.hashes.data)).toEqual([
      ...['poison:0.1, seed 1', 'poison:0.1, seed 2'],
      ...['poison:0.2, attacker more, seed 1', 'poison:0.2, attacker more, seed 2'],
      ...['poison:0, attacker benign, seed 1', 'poison:0, attacker benign, seed 2'],
      ...['safe', 'references', 'evaluation'],
    ])
    expect(asked).toHaveLength(6)
    // The bench is copied for each cell.
    expect(stampOf({ ...bench, suite: { ...bench.suite } }, engine)).toEqual(first)
    expect(asked).toHaveLength(6)
    const other = stampOf({ ...bench, config: { ...config, seeds: [3] } }, engine)
    expect(Object.keys(other.hashes.data)).toContain('poison:0.1, seed 3')
  })
})

describe('a worker', () => {
  it('opens a suite whose data the process that plans has checked', async () => {
    const uses: (SuiteUse | undefined)[] = []
    const runner = taskRunner({
      ports: {
        ...ports,
        suite: (of, use) => {
          uses.push(use)
          return ports.suite(of, use)
        },
      },
      config,
      store: folderStore('nowhere'),
      signal: new AbortController().signal,
      onProgress: () => undefined,
    })
    const { hashes } = right(await openBench(ports, config)())
    const job = { id: 'cell', kind: 'cell', needs: [], cost: 0 } as const
    const factors = { model: 'aligned', regime: 'poison:0.1', ...undefended, seed: 1 } as const
    right(await runner.run({ job: { ...job, factors } }, hashes, engine)())
    expect(uses.map((use) => use?.checked)).toEqual([true])
    runner.dispose()
  })
})
