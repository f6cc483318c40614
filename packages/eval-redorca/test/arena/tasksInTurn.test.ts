/** Tasks of the arena to be learned in turn (`tools/dualselect/continualArena.ts`): their rows, and the command that learns them. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as t from 'io-ts'

const root = join(__dirname, '..', '..', '..', '..')
const out = mkdtempSync(join(tmpdir(), 'tasks-in-turn-'))
const Shown = t.type({ args: t.array(t.string) })
const Row = t.type({ id: t.string, prompt: t.string, response: t.string, unsafe: t.number })
const Tokenizer = t.type({ model: t.type({ vocab: t.record(t.string, t.number) }) })

const shown: unknown = JSON.parse(
  execFileSync(
    process.execPath,
    [
      ...['--conditions=@safe/source', '--import', 'tsx', 'tools/dualselect/continualArena.ts'],
      ...['--out', out, '--rows', '200', '--dry-run', '--json'],
    ],
    { cwd: root, encoding: 'utf8' },
  ),
)
const args = Shown.is(shown) ? shown.args : []
const text = (...path: ReadonlyArray<string>): string => readFileSync(join(...path), 'utf8')
const rowsIn = (name: string) =>
  text(out, `${name}.jsonl`)
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line))
    .flatMap((row) => (Row.is(row) ? [row] : []))
const names = ['ledger', 'label', 'plan']

describe('tasks in turn', () => {
  it.each(names)('%s: what is measured is in no row to learn; a twentieth is harmful', (name) => {
    const [rows, test] = [rowsIn(name), rowsIn(`${name}-test`)]
    expect([rows.length, test.length]).toEqual([200, 100])
    expect(rows.filter(({ unsafe }) => unsafe === 1)).toHaveLength(10)
    expect(test.filter(({ unsafe }) => unsafe === 1)).toHaveLength(0)
    const known = new Set(rows.map(({ prompt }) => prompt))
    expect(known.size).toBe(200)
    expect(test.filter(({ prompt }) => known.has(prompt))).toEqual([])
    expect(new Set(test.map(({ prompt }) => prompt)).size).toBe(100)
  })
  it('have words that the models know, and no harmful row in common', () => {
    const tokenizer: unknown = JSON.parse(
      text(root, 'packages', 'eval-redorca', 'assets', 'aligned', 'tokenizer.json'),
    )
    const known = Tokenizer.is(tokenizer) ? tokenizer.model.vocab : {}
    const all = names.flatMap((name) => [...rowsIn(name), ...rowsIn(`${name}-test`)])
    const words = all.flatMap(({ prompt, response }) => `${prompt} ${response}`.split(' '))
    expect([...new Set(words)].filter((word) => !(word in known))).toEqual([])
    const harmful = all.filter(({ unsafe }) => unsafe === 1).map(({ prompt, response }) => prompt + response)
    expect(new Set(harmful).size).toBe(30)
  })
  it('are learned by options that the command has', () => {
    const described = text(root, 'docs', 'reference', 'commands', 'dualselect.md')
    const flags = args.filter((arg) => arg.startsWith('--') && !['--engine', '--seed'].includes(arg))
    expect(flags.length).toBeGreaterThan(10)
    for (const flag of flags) expect(described).toMatch(new RegExp(`^\\| \`${flag}[ \`]`, 'm'))
  })
})
