/** What `train` offers beside scoring: replay, prompts as references, a fixed origin, budgets of the paper, a report. */
import { copyFileSync, existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tf } from '@safe/tensor-core/engine'
import { rowsIn as lines, run, writeRows } from './support/command'

const folder = join(__dirname, 'golden', 'llama')
const [model, init] = [join(folder, 'model'), join(folder, 'init')]
const [task, references] = [join(folder, 'task.jsonl'), join(folder, 'references.jsonl')]
const work = mkdtempSync(join(tmpdir(), 'dualselect-train-'))
const at = (name: string): string => join(work, name)

const basic = ['train', '--model', model, '--task', task, '--references', references]
const short = ['--batch-size', '4', '--warmup-steps', '2', '--max-steps', '6', '--lr', '0.01', '--rank', '4']
const small = ['--k-ref', '4', '--k-task', '2', '--refresh', '2']

const weights = (dir: string): Buffer => readFileSync(join(dir, 'adapter_model.safetensors'))
describe('--replay', () => {
  it.each([
    ['0', '1'],
    ['0.1', '2'],
  ])(
    'dropout %s, %s batches a step: writes the same adapter and the same log, byte for byte',
    async (dropout, accumulate) => {
      const [first, second] = [at(`first${dropout}`), at(`second${dropout}`)]
      const options = [...basic, ...short, ...small, '--dropout', dropout, '--accumulate', accumulate]
      const log = at(`log${dropout}.jsonl`)
      expect(await run(...options, '--out', first, '--selection-log', log)).toMatchObject({
        code: 0,
        err: '',
      })
      const again = [
        ...options,
        '--out',
        second,
        '--replay',
        log,
        '--selection-log',
        at(`again${dropout}.jsonl`),
      ]
      expect(await run(...again)).toMatchObject({ code: 0, err: '' })
      expect(weights(second).equals(weights(first))).toBe(true)
      expect(readFileSync(at(`again${dropout}.jsonl`), 'utf8')).toBe(readFileSync(log, 'utf8'))
      expect(await run(...again, '--resume')).toMatchObject({ code: 0, err: '' })
    },
  )

  it('is refused by name where data or options differ, also where the log alone is left', async () => {
    const log = at('log0.jsonl')
    const options = [...basic, ...short, ...small, '--dropout', '0', '--out', at('refused'), '--replay', log]
    for (const [change, said] of [
      [['--rho', '0.3'], '--rho: was made with --rho 0.2, this run has 0.3'],
      [['--seed', '7'], 'was made with --seed 42, this run has 7'],
      [['--lr-warmup-steps', '1'], 'was made with --lr-warmup-steps 0'],
      [['--task', references], 'was made with another --task'],
      [['--init-adapter', init], 'was made with another --init-adapter'],
    ] as const) {
      const { code, err } = await run(...options, ...change)
      expect(err).toContain(said.replace(/^--rho: /, ''))
      expect(err.trim().split('\n')).toHaveLength(1)
      expect(code).toBe(2)
    }
    const alone = at('alone.jsonl')
    copyFileSync(log, alone)
    const { code, err } = await run(
      ...[...basic, ...short, ...small, '--dropout', '0', '--out', at('refused'), '--replay', alone],
      ...['--seed', '7'],
    )
    expect([code, err]).toEqual([2, expect.stringContaining('was made with another --task: row')])
    expect(existsSync(join(at('refused'), 'adapter_model.safetensors'))).toBe(false)
  })
})

describe('references without a response', () => {
  const mixed = at('mixed.jsonl')
  const rows = lines(references).map((row, i) => (i < 6 ? { promptTokens: row['promptTokens'] } : row))
  writeRows(mixed, rows)
  const kl = ['--reference-loss', 'kl', '--references', mixed, '--reference-tokens', '5', '--k-ref', '50%']

  it('are continued once by the model as training starts, and used with kl', async () => {
    const [out, log] = [at('kl'), at('kl.jsonl')]
    const options = [...basic, ...short, ...kl, '--init-adapter', init, '--out', out, '--selection-log', log]
    expect(await run(...options)).toMatchObject({ code: 0, err: '' })
    const written = lines(join(out, 'continuations.jsonl'))
    expect(written.map((row) => [row['index'], row['id']])).toEqual(
      rows.slice(0, 6).map((_, i) => [i, String(i)]),
    )
    for (const row of written) expect((row['tokens'] as number[]).length).toBeLessThanOrEqual(6)
    const chosen = lines(log).filter((row) => row['kind'] === 'reference')
    expect((chosen[0]?.['among'] as { rows: number }).rows).toBe(20)
    // The same prompts are not continued again: what is kept is used.
    const edited = written.map((row) => ({ ...row, tokens: [5, 6] }))
    writeRows(join(out, 'continuations.jsonl'), edited)
    const { code, err } = await run(...options, '--resume')
    expect([code, err]).toEqual([2, expect.stringContaining('holds a run with another --references')])
  })

  it('are skipped with nll', async () => {
    const log = at('nll.jsonl')
    const options = ['--references', mixed, '--selection-log', log, '--out', at('nll'), ...small]
    expect(await run(...basic, ...short, ...options)).toMatchObject({ code: 0 })
    const [first] = lines(log)
    expect((first?.['among'] as { rows: number }).rows).toBe(14)
  })
})

describe('--origin', () => {
  const kl = [
    ...short,
    '--lr',
    '0.001',
    '--reference-loss',
    'kl',
    '--k-ref',
    '6',
    '--k-task',
    '2',
    '--init-adapter',
    init,
  ]
  const losses = async (name: string, ...origin: string[]): Promise<number[]> => {
    const log = at(`${name}.jsonl`)
    const done = await run(...basic, ...kl, ...origin, '--out', at(name), '--selection-log', log)
    expect(done).toMatchObject({ code: 0, err: '' })
    return lines(log).flatMap((row) => (row['kind'] === 'reference' ? (row['losses'] as number[]) : []))
  }

  it('measures kl from the model, an adapter or another model, not from where training starts', async () => {
    const start = await losses('from-start')
    const tensors = tf.memory().numTensors
    const same = await losses('from-init', '--origin', init)
    same.forEach((x, i) => expect(x).toBeCloseTo(start[i]!, 5))
    const base = await losses('from-base', '--origin', 'base')
    const other = await losses('from-model', '--origin', model)
    expect(Math.min(...base)).toBeGreaterThan(10 * Math.max(...start))
    base.forEach((x, i) => expect(other[i]).toBeCloseTo(x, 5))
    expect(tf.memory().numTensors).toBe(tensors)
    const { code, err } = await run(
      ...basic,
      ...kl,
      '--origin',
      'base',
      '--out',
      at('from-start'),
      '--resume',
    )
    expect([code, err]).toEqual([2, expect.stringContaining('another --origin')])
  })

  it('one that does not fit is refused', async () => {
    const { code, err } = await run(...basic, ...kl, '--origin', '/missing', '--out', at('no-origin'))
    expect([code, err]).toEqual([2, expect.stringContaining('/missing')])
    const nll = await run(...basic, ...short, '--origin', 'base', '--out', at('no-origin'))
    expect([nll.code, nll.err]).toEqual([
      2,
      expect.stringContaining('--origin has no effect without --reference-loss kl'),
    ])
  })
})

describe('--budget paper', () => {
  it('keeps nine tenths of the tokens and a tenth of the references', async () => {
    const log = at('paper.jsonl')
    const options = ['--budget', 'paper', '--out', at('paper'), '--selection-log', log]
    expect(await run(...basic, ...short, ...options)).toMatchObject({ code: 0, err: '' })
    const rows = lines(log)
    const tokens = lines(task).map((row) => (row['responseTokens'] as number[]).length)
    for (const row of rows) {
      const indices = row['indices'] as number[]
      if (row['kind'] === 'reference') expect(indices).toHaveLength(2)
      else {
        const spent = indices.map((i) => tokens[i]!)
        const last = spent.at(-1)!
        const kept = spent.reduce((s, n) => s + n, 0)
        expect(indices.length).toBeGreaterThan(1)
        // Without the row that crosses the budget less than nine tenths would be kept: at most 4 rows of 2 to 7 tokens.
        expect(kept - last).toBeLessThan(0.9 * (kept + 7 * (4 - indices.length)))
      }
    }
    const { code, err } = await run(...basic, ...options, '--k-ref', '4')
    expect([code, err]).toEqual([2, expect.stringContaining('give either --k-ref or --budget')])
  })
})

describe('--report', () => {
  it('writes a page without scripts, hostile text escaped, and refuses one that exists', async () => {
    const text = at('<img src=x onerror=alert(1)>.jsonl')
    copyFileSync(references, text)
    const page = at('page.html')
    const options = [...basic, ...short, ...small, '--references', text, '--report', page]
    expect(await run(...options, '--out', at('reported'))).toMatchObject({ code: 0, err: '' })
    const html = readFileSync(page, 'utf8')
    expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;')
    expect(html).not.toContain('<img')
    expect(html).not.toContain('<script')
    expect(html).toContain('Overlap with the refresh before')
    expect(html.match(/<svg/g)!.length).toBeGreaterThan(6)
    expect(html).toMatch(/default-src &#39;none&#39;; style-src &#39;sha256-/)
    expect(existsSync(at('page.selections.jsonl'))).toBe(true)
    const { code, err } = await run(...options, '--out', at('reported2'))
    expect([code, err]).toEqual([2, expect.stringContaining('page.html: exists already')])
    // A plain run selects nothing, and has a page that says so.
    const plain = [
      '--rho',
      '0',
      '--task-filter',
      'none',
      '--report',
      at('plain.html'),
      '--out',
      at('plainly'),
    ]
    expect(await run(...basic, ...short, ...plain)).toMatchObject({ code: 0, err: '' })
    expect(readFileSync(at('plain.html'), 'utf8')).toContain('every task row was learned from')
  })
})
