/** docs/ci.md: its table of sizes is computed by the gate's own functions, and its workflow has commands and options that there are. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { kebab } from '@safe/tensor-core/cli'
import { binary } from '../../src/cli/binary'
import { type Pair, pairedWorsening, verdictOf } from '../../src/gate/worsening'

const text = readFileSync(join(__dirname, '..', '..', '..', '..', 'docs', 'ci.md'), 'utf8')

/** Prompts of their own clusters, of which so many became worse and better. */
const pairsOf = (n: number, worse: number, better = 0): ReadonlyArray<Pair> =>
  Array.from({ length: n }, (_, i) => ({
    cluster: String(i),
    baseline: i >= worse && i < worse + better ? 1 : 0,
    candidate: i < worse ? 1 : 0,
  }))

/** The smallest margin that passes where a share of the answers changed, half each way; in points. */
const smallestMargin = (n: number, share: number): string => {
  const half = Math.round((n * share) / 2)
  return (100 * pairedWorsening(pairsOf(n, half, half)).high).toFixed(1)
}

describe('docs/ci.md', () => {
  const rows = [...text.matchAll(/^\| (\d+) +\|(.*)\|$/gm)]
    .map(([, n = '', rest = '']) => [n, ...rest.split('|')].map((cell) => cell.trim()))
    .filter((cells) => cells.length === 5)
  it.each(rows)('says what %s prompts decide', (prompts, none, few, many, refused) => {
    const n = Number(prompts)
    expect([none, few, many]).toEqual([0, 0.02, 0.1].map((share) => smallestMargin(n, share)))
    const worse = Math.round((Number(refused) / 100) * n)
    const verdict = (k: number): boolean | null => verdictOf(pairedWorsening(pairsOf(n, k)), 0.02)
    expect([verdict(worse - 1), verdict(worse)]).toEqual([null, false])
  })
  it('has six rows of sizes', () => {
    expect(rows.map(([n]) => n)).toEqual(['50', '100', '150', '200', '500', '1000'])
  })

  it('has a workflow whose commands have the options that it gives', () => {
    const [body = ''] = [...text.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, found]) => found)
    const workflow = parse(body) as { jobs: { gate: { steps: ReadonlyArray<{ run?: string }> } } }
    const used = workflow.jobs.gate.steps.flatMap(({ run = '' }) =>
      [...run.matchAll(/npx redorca (\w+)([^\n]*)/g)].map(([, name = '', rest = '']) => ({
        name,
        options: [...rest.matchAll(/ --([\w-]+)/g)].map(([, option = '']) => option),
      })),
    )
    expect(used.map(({ name }) => name)).toEqual(['gate'])
    expect(used[0]?.options).toHaveLength(9)
    for (const { name, options } of used) {
      const command = binary.commands.find((c) => c.name === name)
      expect(Object.keys(command?.options ?? {}).map(kebab)).toEqual(expect.arrayContaining(options))
    }
  })
})
