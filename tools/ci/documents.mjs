/**
 * Runs what README, docs and doc comments say: every `sh` block as one script per document, every `ts` block of a document as a
 * program, every `ts` block after `@example` in a package's sources as a module. They run against the built packages, in a folder
 * that has the output of `npx redorca arena --out arena`, which is made once, a GGUF file, and a hub's cache in which the arena's
 * model stands for the one that the documents name; no request leaves the machine. Lines that begin with `npm ` (install, start, test)
 * belong to the workspace and are only checked to exist. All `ts` blocks are type-checked together; one that prints a `Left` has
 * failed.
 *
 *     node tools/ci/documents.mjs [README.md packages/tensor-core/src/files/output.ts ...]
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { check, finish } from './count.mjs'
import { exampleRuns, printsLeft, sources, writeExamples } from './sourceExamples.mjs'
import { twoAtATime } from './twoAtATime.mjs'

const root = process.cwd()
const scripts = JSON.parse(readFileSync('package.json', 'utf8')).scripts
const only = process.argv.slice(2)
const isWanted = (path) => only.length === 0 || only.includes(path)

const markdown = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((e) =>
    e.isDirectory() ? markdown(join(folder, e.name)) : e.name.endsWith('.md') ? [join(folder, e.name)] : [],
  )
const documents = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync('packages').map((p) => join('packages', p, 'README.md')),
  ...markdown('docs').filter((path) => !path.includes('example-report')),
].filter(isWanted)

const blocksOf = (path) =>
  [...readFileSync(path, 'utf8').matchAll(/^```(sh|ts)\n([\s\S]*?)^```$/gm)].map(([, language, body]) => ({
    language,
    body,
  }))

/** `npm start`, `npm run x`, `npm test`: the script must exist. */
const npmProblem = (line) => {
  const [, verb, name] = line.split(/\s+/)
  const script = verb === 'run' ? name : verb === 'start' || verb === 'test' ? verb : undefined
  return script !== undefined && scripts[script] === undefined
    ? `package.json has no script ${script}`
    : undefined
}

/** @returns what went wrong, undefined where nothing did */
const ran = (command, args, cwd, isGood = () => true) =>
  new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 600_000,
      killSignal: 'SIGKILL',
      env: {
        ...process.env,
        PATH: [bin, join(root, 'node_modules', '.bin'), process.env.PATH].join(':'),
        HF_HUB_CACHE: join(scratch, 'hub'),
        HF_HUB_OFFLINE: '1',
      },
    })
    const said = { stdout: '', stderr: '' }
    for (const stream of ['stdout', 'stderr'])
      child[stream].setEncoding('utf8').on('data', (text) => (said[stream] += text))
    child.on('error', (cause) => resolve(String(cause)))
    child.on('close', (code, signal) =>
      resolve(
        code === 0 && isGood(said.stdout)
          ? undefined
          : `exit ${code ?? signal}\n${said.stdout}\n${said.stderr}`,
      ),
    )
  })

const scratch = mkdtempSync(join(tmpdir(), 'safe-docs-'))
/** `npx NAME` without npm: in the documents' folders it would run the same binary, half a second later. */
const bin = join(scratch, 'bin')
mkdirSync(bin)
writeFileSync(join(bin, 'npx'), '#!/bin/sh\nexec "$@"\n', { mode: 0o755 })
const prepared = join(scratch, 'prepared')
mkdirSync(prepared)
check('redorca arena --out arena', await ran('redorca', ['arena', '--out', 'arena'], prepared))

// Stand-ins for what documents name and a test cannot download.
cpSync('packages/tensor-core/test/golden/gguf/llama.gguf', join(prepared, 'SmolLM2-135M-Instruct.gguf'))
const cached = join(scratch, 'hub', 'models--HuggingFaceTB--SmolLM2-135M-Instruct')
const commit = '0123456789abcdef0123456789abcdef01234567'
const snapshot = join(cached, 'snapshots', commit)
for (const part of [join(cached, 'refs'), join(cached, 'blobs'), snapshot])
  mkdirSync(part, { recursive: true })
writeFileSync(join(cached, 'refs', 'main'), commit)
const standIn = join(prepared, 'arena', 'models', 'aligned')
for (const name of readdirSync(standIn)) {
  const content = readFileSync(join(standIn, name))
  const hash = createHash('sha256').update(content).digest('hex')
  writeFileSync(join(cached, 'blobs', hash), content)
  symlinkSync(join('..', '..', 'blobs', hash), join(snapshot, name))
}

/** Lines that the document's folder has already, or that belong to the workspace. */
const isOwn = (line) =>
  line === 'npx redorca arena --out arena' ||
  /^npm (?!exec)/.test(line) ||
  line.startsWith('git clone') ||
  line.startsWith('cd ')

/** Several documents begin with this run: it is made once, and in their folders the command finds its results. */
const sharedRun = 'npx redorca bench --config arena/bench.yaml --out results'
const sharedFolder = join(scratch, 'shared')
const shared = { made: () => undefined }
/** Resolves when the run that is shared has ended. */
const sharedEnd = new Promise((resolve) => (shared.made = resolve))
const runShared = async () => {
  check(`${sharedRun}, for several documents`, await ran('bash', ['-c', sharedRun], sharedFolder))
  shared.made()
}

/** A folder with what commands of documents need. */
const prepareFolder = (folder) => {
  cpSync(prepared, folder, { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
}

/** The folder of a document, with its examples as programs. */
const prepareDocument = (path) => {
  const blocks = blocksOf(path)
  const lines = blocks.filter((b) => b.language === 'sh').flatMap((b) => b.body.split('\n'))
  const folder = join(scratch, path.replaceAll(/[/.]/g, '-'))
  prepareFolder(folder)
  const programs = blocks
    .filter((b) => b.language === 'ts')
    .map(({ body }, i) => {
      const file = join(folder, `example-${i + 1}.ts`)
      writeFileSync(file, body)
      return file
    })
  const commands = lines.filter((line) => !isOwn(line))
  return {
    path,
    folder,
    own: lines.filter(isOwn),
    commands,
    isShared: commands.includes(sharedRun),
    programs,
  }
}

/** The commands of a document, then its examples: a script that fails does not keep the examples from being run. */
const runDocument = async ({ path, folder, own, commands, isShared, programs }) => {
  const started = Date.now()
  const problems = own.map((line) => npmProblem(line)).filter((p) => p !== undefined)
  if (own.length > 0) check(`${path}: npm commands`, problems.length > 0 ? problems.join('\n') : undefined)
  const script = commands.join('\n')
  if (isShared) {
    await sharedEnd
    const results = join(sharedFolder, 'results')
    if (existsSync(results)) cpSync(results, join(folder, 'results'), { recursive: true })
  }
  if (script.trim() !== '')
    check(`${path}: commands`, await ran('bash', ['-euo', 'pipefail', '-c', script], folder))
  for (const [i, file] of programs.entries())
    check(
      `${path}: example ${i + 1}`,
      await ran('node', ['--import', 'tsx', file], folder, (output) => !printsLeft(output)),
    )
  process.stdout.write(`${path} took ${((Date.now() - started) / 1000).toFixed(0)} s\n`)
}

const ready = documents.filter((path) => blocksOf(path).length > 0).map(prepareDocument)
const files = sources()
  .filter(isWanted)
  .map((path) => writeExamples(scratch, join(prepared, 'arena'), join(root, 'node_modules'), path))
  .filter((examples) => examples.length > 0)

const programs = [...ready.flatMap((each) => each.programs), ...files.flat().map(({ file }) => file)]
const checkTypes = async () => {
  writeFileSync(
    join(scratch, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        target: 'es2022',
        module: 'node20',
        moduleResolution: 'node16',
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        types: ['node'],
        typeRoots: [join(root, 'node_modules', '@types')],
        esModuleInterop: true,
        noUncheckedIndexedAccess: true,
      },
      files: programs.map((p) => relative(scratch, p)),
    }),
  )
  check('types of all examples', await ran('tsc', ['-p', join(scratch, 'tsconfig.json')], scratch))
}

const isShared = ready.some((each) => each.isShared)
if (isShared) prepareFolder(sharedFolder)
// Those with the most commands come first, so that both workers end at about the same time.
const work = [
  ...(isShared ? [runShared] : []),
  ...ready.sort((a, b) => b.commands.length - a.commands.length).map((each) => () => runDocument(each)),
  ...(programs.length > 0 ? [checkTypes] : []),
  ...exampleRuns(files, check),
]
await twoAtATime(work, (run) => run())
rmSync(scratch, { recursive: true, force: true })
finish('documents')
