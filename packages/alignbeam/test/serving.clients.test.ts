/**
 * The examples of docs/serving-clients.md, each run as it stands against a server without models. Those of packages that are not here
 * are skipped; CLIENTS_PYTHON names another interpreter, CLIENTS_NODE_MODULES another folder of packages.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { AlignBeamProvider } from '../src/promptfoo'
import { type FakeEngine, fakeEngine } from './fixtures/fakeEngine'
import { type RunningServer, closeServers, startServer } from './fixtures/httpServer'

const root = join(__dirname, '..', '..', '..')
const python = process.env['CLIENTS_PYTHON'] ?? 'python3'
const nodeModules = process.env['CLIENTS_NODE_MODULES'] ?? join(root, 'node_modules')
const key = 'key-of-a-test'

// blocks -----------------------------------------------------------------------------------------

interface Block {
  readonly heading: string
  readonly language: string
  readonly body: string
}
const blocks: ReadonlyArray<Block> = readFileSync(join(root, 'docs', 'serving-clients.md'), 'utf8')
  .split(/^## /m)
  .flatMap((section) =>
    [...section.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = '', body = '']) => ({
      heading: section.split('\n', 1)[0] ?? '',
      language,
      body,
    })),
  )

const works = (command: string, ...args: ReadonlyArray<string>): boolean =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0
const packageOf = (body: string): string =>
  /(?:from|import) ['"]?(@langchain\/openai|langchain_openai|openai)/.exec(body)?.[1] ?? ''
/** Whether what a block needs is here. */
const isThere = ({ language, body }: Block): boolean =>
  language === 'bash'
    ? works('curl', '--version')
    : language === 'js'
      ? existsSync(join(nodeModules, packageOf(body)))
      : works(python, '-c', `import ${packageOf(body)}`)

// running ----------------------------------------------------------------------------------------

const commandOf = ({ language }: Block, file: string): readonly [string, ReadonlyArray<string>] =>
  language === 'bash'
    ? ['bash', ['-euo', 'pipefail', file]]
    : language === 'js'
      ? [process.execPath, [file]]
      : [python, [file]]
const extension: Readonly<Record<string, string>> = { bash: 'sh', js: 'mjs', python: 'py' }

describe('the examples of docs/serving-clients.md', () => {
  const folder = mkdtempSync(join(tmpdir(), 'clients-'))
  symlinkSync(nodeModules, join(folder, 'node_modules'))
  const served: { engine: FakeEngine; server?: RunningServer } = { engine: fakeEngine() }
  beforeEach(async () => {
    served.engine = fakeEngine()
    served.server = await startServer(served.engine, { apiKey: key })
  })
  afterEach(closeServers)
  afterAll(() => rmSync(folder, { recursive: true }))
  const here = (text: string): string => text.replaceAll('http://127.0.0.1:8080', served.server?.url ?? '')

  /** What a block prints; rejects where it fails. */
  const printed = (block: Block, i: number): Promise<string> => {
    const file = join(folder, `${i}.${extension[block.language] ?? ''}`)
    writeFileSync(file, here(block.body))
    const [command, args] = commandOf(block, file)
    return new Promise((resolve, reject) => {
      const child = spawn(command, args, {
        cwd: folder,
        env: { ...process.env, FORCE_COLOR: '0', ALIGNBEAM_KEY: key },
      })
      const said = { out: '', err: '' }
      child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text))
      child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text))
      child.on('error', reject)
      child.on('close', (code) =>
        code === 0 ? resolve(said.out) : reject(new Error(`exit ${code ?? ''}: ${said.out}${said.err}`)),
      )
    })
  }

  it('are these', () => {
    expect(blocks.map(({ heading, language }) => `${heading}: ${language}`)).toEqual([
      'curl: bash',
      'curl: bash',
      'openai in JavaScript: js',
      'openai in JavaScript: js',
      'openai in Python: python',
      'openai in Python: python',
      'LangChain in Python: python',
      'LangChain in JavaScript: js',
      'promptfoo: yaml',
    ])
  })

  for (const [i, block] of blocks.entries())
    if (block.language !== 'yaml')
      (isThere(block) ? it : it.skip)(`${block.heading}, block ${i + 1}`, async () => {
        const output = await printed(block, i)
        // The engine repeats the prompt word by word.
        expect(output.replaceAll(/data: .*?"content":"([^"]*)".*\n\n/g, '$1')).toContain(
          '0:Why is the sky blue?',
        )
        expect(served.engine.asked.length).toBeGreaterThan(0)
        for (const { dial } of served.engine.asked)
          expect(dial.alpha).toBe(/"?alpha"?: 0\.3/.test(block.body) ? 0.3 : 0.5)
        if (/"?alignbeam"?: true/i.test(block.body)) expect(output).toMatch(/mappedMass["']?: ?0\.9/)
      })

  it('promptfoo: its providers answer', async () => {
    const { providers } = parse(here(blocks.at(-1)?.body ?? '')) as {
      readonly providers: ReadonlyArray<{
        readonly id: string
        readonly config: Readonly<Record<string, unknown>>
      }>
    }
    for (const { id, config } of providers) {
      expect(id).toBe('package:@safe/alignbeam/promptfoo:AlignBeamProvider')
      const provider = new AlignBeamProvider({ id, config, env: { ALIGNBEAM_KEY: key } })
      expect((await provider.callApi('Why is the sky blue?')).output).toBe('0:Why is the sky blue?')
    }
    expect(served.engine.asked.map(({ dial }) => dial.alpha)).toEqual([0.3, 0.6])
  })
})
