/** Who follows a README or a tutorial from its top has installed what the next command or import needs, and made the files it reads. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const root = join(__dirname, '..', '..', '..')
const packages = readdirSync(join(root, 'packages'))
const tutorials = readdirSync(join(root, 'docs', 'tutorials')).filter((name) => /^\d/.test(name))
const documents = [
  'README.md',
  ...packages.map((name) => join('packages', name, 'README.md')),
  ...tutorials.map((name) => join('docs', 'tutorials', name)),
]

/** The package of each binary. */
const packageOf = new Map(
  packages.flatMap((folder) => {
    const { name, bin } = JSON.parse(
      readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8'),
    ) as { name: string; bin: Readonly<Record<string, string>> }
    return Object.keys(bin).map((binary) => [binary, name] as const)
  }),
)

/** Lines of the commands and examples of a document, in their order. */
const linesOf = (path: string): ReadonlyArray<string> =>
  [...readFileSync(join(root, path), 'utf8').matchAll(/^```(?:sh|ts)\n([\s\S]*?)^```$/gm)].flatMap(
    ([, body = '']) => body.split('\n'),
  )

/** What a line needs that a project may not have: packages, and the arena's files. */
const needsOf = (line: string): ReadonlyArray<string> => [
  ...[...line.matchAll(/(?:^|\s)npx ([a-z-]+)/g)].flatMap(([, name = '']) => packageOf.get(name) ?? []),
  ...[...line.matchAll(/from '(@safe\/[a-z-]+)/g)].map(([, name = '']) => name),
  ...(/\barena\//.test(line) ? ['arena'] : []),
]

/** Lines that need what no line before them has installed or made. */
const problemsOf = (lines: ReadonlyArray<string>): ReadonlyArray<string> => {
  const there = new Set<string>()
  return lines.flatMap((line) => {
    if (/^npm (ci|install)/.test(line)) {
      for (const [name] of line.matchAll(/@safe\/[a-z-]+/g)) there.add(name)
      // Every package brings the core.
      if (line.includes('@safe/')) there.add('@safe/tensor-core')
      return []
    }
    const missing = needsOf(line).filter((name) => !there.has(name))
    if (/^npx redorca arena /.test(line)) there.add('arena')
    return missing.map((name) => `${name} is not there yet: ${line}`)
  })
}

describe('a reader who follows', () => {
  it.each(documents)('%s has what each line needs', (path) => {
    expect(problemsOf(linesOf(path))).toEqual([])
  })
  it('is told by a line that needs what is not there', () => {
    const lines = ['npm install @safe/csulora', 'npx csulora --base arena/models/base', 'npx redorca judges']
    expect(problemsOf(lines)).toEqual([
      'arena is not there yet: npx csulora --base arena/models/base',
      '@safe/eval-redorca is not there yet: npx redorca judges',
    ])
  })
})
