/** `dualselect tune` on a tiny model without a tokenizer: safety is 0 throughout, so the choice falls to the weakest. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rowsIn, run, writeRows } from '../support/command'

const folder = join(__dirname, '..', 'golden', 'llama')
const work = mkdtempSync(join(tmpdir(), 'tune-'))
const at = (name: string): string => join(work, name)
const safety = writeRows(at('unsafe.jsonl'), rowsIn(join(folder, 'references.jsonl')).slice(0, 3))
const options = [
  ...['tune', '--model', join(folder, 'model'), '--task', join(folder, 'task.jsonl')],
  ...['--references', join(folder, 'references.jsonl'), '--safety', safety, '--seeds', '1', '2'],
  ...['--rho', '0.2,1', '--token-budget', '0.9,0.5', '--max-new-tokens', '2', '--accuracy', 'token'],
  ...['--rank', '4', '--lr', '0.01', '--max-steps', '4', '--warmup-steps', '1', '--k-ref', '4'],
  ...['--batch-size', '4', '--json'],
]
const out = at('out')

interface Said {
  readonly settings: { rho: number; tokenBudget: number; keepsTask: boolean; accuracy: { value: number } }[]
  readonly plain: { accuracy: { value: number; n: number } }
  readonly chosen: { rho: number; tokenBudget: number } | null
  readonly reason: string
}

describe('tune', () => {
  it('tries the grid and says what it chose on what', async () => {
    const done = await run(...options, '--out', out, '--epsilon', '1')
    expect(done).toMatchObject({ code: 0, err: '' })
    const said = JSON.parse(done.out) as Said
    expect(said.settings.map((s) => [s.rho, s.tokenBudget])).toEqual([
      [0.2, 0.9],
      [0.2, 0.5],
      [1, 0.9],
      [1, 0.5],
    ])
    // A fifth of 22 rows.
    expect(said.plain.accuracy.n).toBe(4)
    expect(said.chosen).toEqual({ rho: 0.2, tokenBudget: 0.9 })
    expect(said.reason).toContain('the weakest of 4 that are as safe')
    expect(said.reason).toContain('on 4 validation rows and 3 safety prompts with 2 seeds')
    for (const name of ['plain', 'rho-0.2-budget-0.9', 'rho-1-budget-0.5'])
      for (const seed of [1, 2])
        expect(existsSync(join(out, name, `seed-${seed}`, 'adapter', 'adapter_model.safetensors'))).toBe(true)
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('(chosen)')
  })

  it('continues where it was stopped, with the same results', async () => {
    const before = readFileSync(join(out, 'results.json'), 'utf8')
    rmSync(join(out, 'rho-1-budget-0.5'), { recursive: true })
    rmSync(join(out, 'plain', 'seed-2', 'outcomes.json'))
    const again = [...options, '--out', out, '--epsilon', '1', '--resume']
    expect(await run(...again)).toMatchObject({ code: 0, err: '' })
    expect(readFileSync(join(out, 'results.json'), 'utf8')).toBe(before)
    const { code, err } = await run(...again, '--rho', '0.2,2')
    expect([code, err]).toEqual([2, expect.stringContaining('made with --rho [0.2,1], this run has [0.2,2]')])
  })

  it.each([
    [['--rho', '0'], '--rho must be a number, above 0'],
    [['--token-budget', '2'], '--token-budget must be'],
    [['--judge', 'nobody'], 'nobody'],
    [['--validation', '/missing.jsonl'], '/missing.jsonl'],
    [['--reference-loss', 'kl', '--warmup-steps', '0'], 'it needs a warm-up'],
    [['--holdout', '0.01'], 'a share of 0.01 held out leaves 22 to learn and 0 to be measured on'],
  ])('%j: exit 2, and nothing is written', async (argv, said) => {
    const { code, err } = await run(...options, '--out', at('new'), ...argv)
    expect([code, err]).toEqual([2, expect.stringContaining(said)])
    expect(existsSync(at('new'))).toBe(false)
  })
})
