/**
 * Examples in doc comments: the `ts` blocks after `@example`, each with the file and the symbol it documents. They are ES modules,
 * so they may `await` at top level.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

// finding ----------------------------------------------------------------------------------------

const sourcesIn = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory()
      ? sourcesIn(join(folder, entry.name))
      : entry.name.endsWith('.ts')
        ? [join(folder, entry.name)]
        : [],
  )

/** All sources of all packages, as paths from the repository's root. */
export const sources = () =>
  readdirSync('packages')
    .map((name) => join('packages', name, 'src'))
    .filter((folder) => existsSync(folder))
    .flatMap(sourcesIn)

const declared = /^\s*(?:export\s+)?(?:declare\s+)?(?:const|function\*?|class|interface|type)\s+(\w+)/

/** `[{ path, symbol, code }]` for every example of a file, in file order. */
export const examplesOf = (path) =>
  [...readFileSync(path, 'utf8').matchAll(/\/\*\*([\s\S]*?)\*\/([^\n]*\n[^\n]*)/g)].flatMap(
    ([, comment, after]) => {
      const text = comment.replace(/^[ \t]*\* ?/gm, '')
      const symbol = declared.exec(after)?.[1] ?? 'top of the file'
      return text
        .split(/^@(?=\w)/m)
        .filter((tag) => tag.startsWith('example'))
        .flatMap((tag) => [...tag.matchAll(/^```ts\n([\s\S]*?)^```/gm)])
        .map(([, code]) => ({ path, symbol, code }))
    },
  )

// running ----------------------------------------------------------------------------------------

/**
 * Writes the examples of one source file into a folder of their own, with the arena beside them.
 * @returns `[{ name, file, folder }]`
 */
export const writeExamples = (scratch, arena, nodeModules, path) => {
  const examples = examplesOf(path)
  if (examples.length === 0) return []
  const folder = join(scratch, path.replaceAll(/[/.]/g, '-'))
  mkdirSync(folder)
  symlinkSync(arena, join(folder, 'arena'))
  symlinkSync(nodeModules, join(folder, 'node_modules'))
  return examples.map(({ symbol, code }, i) => {
    const file = join(folder, `${i + 1}-${symbol.replaceAll(' ', '-')}.mts`)
    writeFileSync(file, code)
    return { name: `${path}: example of ${symbol}`, file, folder }
  })
}

/** Whether an output shows an `Either` that is a left: `_tag: 'Left'`, `"_tag":"Left"`, or the tag alone on a line. */
export const printsLeft = (output) => /_tag"?: ?['"]Left['"]|^Left$/m.test(output)

const runner = join(dirname(fileURLToPath(import.meta.url)), 'exampleRunner.mjs')

/** Runs examples in one process, each in its folder. @returns `[[name, problem or undefined]]` */
const runExamples = (examples) =>
  new Promise((resolve) => {
    const child = spawn('node', ['--import', 'tsx', runner, JSON.stringify(examples)], {
      cwd: examples[0].folder,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      timeout: 300_000,
      killSignal: 'SIGKILL',
    })
    const problems = new Map()
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (said += text))
    child.on('message', ({ name, problem }) => problems.set(name, problem ?? null))
    child.on('close', (code, signal) =>
      resolve(
        examples.map(({ name }) => {
          const problem = problems.has(name) ? problems.get(name) : `did not end (exit ${code ?? signal})`
          return [name, problem === null ? undefined : `${problem}\n${said}`]
        }),
      ),
    )
  })

/** How many source files have their examples run by one process: loading the packages takes longer than an example. */
const filesAtOnce = 8

/**
 * Runs of the examples of several source files. Those of a file in which something failed are run again by a process of their own,
 * and only that counts: another file's example may have ended the process.
 * @param files one list of written examples per source file @param report called with the name and the problem of each example
 * @returns functions, one for each process
 */
export const exampleRuns = (files, report) =>
  Array.from({ length: Math.ceil(files.length / filesAtOnce) }, (_, i) => async () => {
    const together = files.slice(i * filesAtOnce, (i + 1) * filesAtOnce)
    const problems = new Map(await runExamples(together.flat()))
    for (const examples of together) {
      const isGood = examples.every(({ name }) => problems.get(name) === undefined)
      const results = isGood ? examples.map(({ name }) => [name]) : await runExamples(examples)
      for (const [name, problem] of results) report(name, problem)
    }
  })
