import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { badInput } from '../src/contracts'
import {
  type Binary,
  command,
  commaSeparated,
  choice,
  flag,
  integer,
  many,
  number,
  optional,
  required,
  runBinary,
  switchedOn,
  text,
  withDefault,
} from '../src/cli/kit'

const echo = command({
  name: 'echo',
  description: 'says what it was given',
  example: 'demo echo a --out o',
  arguments: [{ name: 'kind', description: 'a kind', choices: ['a', 'b'] }],
  options: {
    alpha: withDefault(0.5, number('a share', { min: 0, max: 1 })),
    maxNewTokens: optional(integer('a count', { min: 1 })),
    mode: withDefault('soft', choice('a mode', ['hard', 'soft'])),
    stop: withDefault([], many(text('stop strings'))),
    names: withDefault(['q'], commaSeparated(text('names'))),
    noEos: flag('without the end'),
    out: required(text('where')),
  },
  run: (values, context, args) =>
    TE.right({ json: { values, seed: context.common.seed, args }, text: 'done' }),
})
const fails = command({
  name: 'deep fails',
  description: 'fails',
  options: {},
  run: () => TE.left(badInput('BadRow', 'is not JSON', { where: 'x.jsonl:3', remedy: 'mend the row' })),
})
/** Faults of the library name fields; `gone` is no option of the command. */
const faults = {
  prefixed: badInput('BadOption', 'is too large', { field: 'maxNewTokens' }),
  named: badInput('BadOption', 'holds a run with `maxNewTokens` 4, this one has 5', {
    field: 'maxNewTokens',
    where: 'out',
    remedy: 'lower `seed` or `gone`',
  }),
  negated: badInput('BadOption', 'holds a run with `noShuffle` false', { field: 'noShuffle' }),
  foreign: badInput('BadOption', 'is too large', { field: 'farAway', remedy: 'lower `farAway`' }),
}
const refuses = command({
  name: 'refuses',
  description: 'fails with a fault of a field',
  options: {
    fault: required(choice('which', ['prefixed', 'named', 'negated', 'foreign'])),
    maxNewTokens: optional(integer('a count', { min: 1 })),
    shuffle: switchedOn('rows in file order'),
  },
  run: ({ fault }) => TE.left(faults[fault]),
})
const switches = command({
  name: 'switch',
  description: 'says whether it shuffles',
  options: { shuffle: switchedOn('rows in file order') },
  run: (values) => TE.right({ json: values }),
})
const decides = command({
  name: 'decide',
  description: 'answers with an exit code',
  options: { answer: required(choice('what', ['yes', 'no', 'unknown'])) },
  run: ({ answer }) =>
    TE.right({
      json: { answer },
      text: answer,
      ...(answer === 'yes' ? {} : { exit: answer === 'no' ? 3 : 2 }),
    }),
})
const quiet = (name: string) =>
  command({ name, description: 'does nothing', options: {}, run: () => TE.right({ json: null }) })
const binary: Binary = {
  name: 'demo',
  version: '1.2.3',
  description: 'a demo',
  groups: { deep: 'commands below' },
  commands: [echo, fails, refuses, switches, decides, quiet('high up'), quiet('high down')],
}

const runOn =
  (isTerminal: boolean) =>
  async (...argv: string[]): Promise<{ code: number; out: string; err: string }> => {
    const said = { out: '', err: '' }
    const code = await runBinary(binary, argv, {
      stdout: (s) => (said.out += s),
      stderr: (s) => (said.err += s),
      isTerminal,
    })
    return { code, ...said }
  }
const run = runOn(false)

describe('runBinary', () => {
  it('decodes options, fills in defaults, and prints one JSON document', async () => {
    const { code, out } = await run(
      'echo',
      'a',
      '--out',
      'o',
      '--max-new-tokens',
      '7',
      '--stop',
      'x',
      'y',
      '--no-eos',
      '--json',
    )
    expect(code).toBe(0)
    expect(JSON.parse(out)).toEqual({
      values: {
        alpha: 0.5,
        maxNewTokens: 7,
        mode: 'soft',
        stop: ['x', 'y'],
        names: ['q'],
        noEos: true,
        out: 'o',
      },
      seed: 42,
      args: ['a'],
    })
  })

  it('lets a command answer by its exit code, with its outcome on stdout', async () => {
    expect(await run('decide', '--answer', 'yes')).toEqual({ code: 0, out: 'yes\n', err: '' })
    expect(await run('decide', '--answer', 'no')).toEqual({ code: 3, out: 'no\n', err: '' })
    expect(await run('decide', '--answer', 'unknown', '--json')).toEqual({
      code: 2,
      out: '{"answer":"unknown"}\n',
      err: '',
    })
  })

  it('lets the command line win over the configuration file', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'cli-')), 'c.yaml')
    writeFileSync(file, 'alpha: 0.25\nmode: hard\nno-eos: true\nseed: 7\nnames: [a, b]\n')
    const { out } = await run('echo', 'b', '--out', 'o', '--config', file, '--mode', 'soft', '--json')
    expect(JSON.parse(out)).toMatchObject({
      values: { alpha: 0.25, mode: 'soft', noEos: true, names: ['a', 'b'] },
      seed: 7,
    })
  })

  it('reads a switch of a configuration under both of its names', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'cli-')), 'c.yaml')
    const shuffled = async (line: string, ...more: string[]): Promise<string> => {
      writeFileSync(file, line)
      const { code, out, err } = await run('switch', '--config', file, '--json', ...more)
      return code === 0 ? out.trim() : err.trim()
    }
    expect(await shuffled('no-shuffle: true\n')).toBe('{"shuffle":false}')
    expect(await shuffled('no-shuffle: false\n')).toBe('{"shuffle":true}')
    expect(await shuffled('shuffle: false\n')).toBe('{"shuffle":false}')
    expect(await shuffled('shuffle: true\n', '--no-shuffle')).toBe('{"shuffle":false}')
    expect(await shuffled('no-shuffle: often\n')).toContain(
      '--no-shuffle must be true or false, but is "often"',
    )
  })

  it.each([
    [['echo', 'a'], '--out is required'],
    [['echo', 'c', '--out', 'o'], 'kind must be one of a, b'],
    [['echo', 'a', '--out', 'o', '--alpha', '2'], '--alpha must be a number, at least 0, at most 1'],
    [['echo', 'a', '--out', 'o', '--max-new-tokens', '1.5'], 'must be a whole number, at least 1'],
    [['echo', 'a', '--out', 'o', '--mode', 'loud'], 'must be one of hard, soft'],
    [['echo', 'a', '--out', 'o', '--wrong'], "unknown option '--wrong'"],
    [
      ['echo', 'a', '--out', 'o', '--config', '/missing.yaml'],
      '/missing.yaml: does not exist; check the path',
    ],
    [['echo', 'a', '--out', 'o', '--config', 'C:\\c.yaml'], 'under WSL it is /mnt/c/c.yaml'],
    [['echo', 'a', '--out', 'o', '--config', '.'], 'is a folder, not a file'],
    [['echo', 'a', '--out', 'o', '--config', '/dev/null'], 'is empty; write options as NAME: VALUE'],
    [['nothing'], "unknown command 'nothing'"],
    [['nothing', '--help'], "unknown command 'nothing'"],
    [['ehco', '--help'], 'Did you mean echo?'],
    [['deep', 'fial', '--help'], "unknown command 'fial'"],
    [['deep', 'fials', '--json'], 'Did you mean fails?'],
    [['help', 'nothing'], "unknown command 'nothing'"],
    [['deep'], 'a command is missing'],
    [[], 'a command is missing'],
  ])('refuses %j in one line with exit 2', async (argv, said) => {
    const { code, err } = await run(...argv)
    expect(code).toBe(2)
    expect(err).toContain(said)
    expect(err.trim().split('\n')).toHaveLength(1)
  })

  it('prints a fault as one line, and as JSON with --json', async () => {
    const { code, err, out } = await run('deep', 'fails', '--json')
    expect(code).toBe(2)
    expect(err).toBe('demo: x.jsonl:3: is not JSON; mend the row\n')
    expect(JSON.parse(out)).toMatchObject({
      error: { tag: 'BadRow', message: 'is not JSON', where: 'x.jsonl:3' },
    })
  })

  it.each([
    ['prefixed', '--max-new-tokens is too large; see --help'],
    ['named', 'out: holds a run with --max-new-tokens 4, this one has 5; lower --seed or `gone`'],
    ['negated', 'holds a run with --no-shuffle false; see --help'],
    ['foreign', 'far-away is too large; lower `far-away`'],
  ])('shows a field as its flag: %s', async (fault, line) => {
    expect((await run('refuses', '--fault', fault)).err).toBe(`demo: ${line}\n`)
  })

  it('shows version and help', async () => {
    expect((await run('--version')).out.trim()).toBe('1.2.3')
    expect((await run('echo', '--help')).out).toContain('--max-new-tokens <N>')
  })

  it('shows an example in the help of its command, and a line for each group of commands', async () => {
    expect((await run('echo', '--help')).out).toMatch(/Example:\n {2}demo echo a --out o\n$/)
    const help = (await run('--help')).out
    expect(help).toMatch(/^ +deep +commands below$/m)
    expect(help).toMatch(/^ +high +up, down$/m)
  })

  it('shows the help of a command before and after its name, and at a terminal where none is named', async () => {
    const [asked, named] = [await run('echo', '--help'), await run('help', 'echo')]
    expect(named).toEqual(asked)
    expect(asked.code).toBe(0)
    expect(await run('help')).toEqual(await run('--help'))
    expect(await runOn(true)()).toEqual({
      code: 2,
      out: '',
      err: `${(await run('--help')).out}\ndemo: a command is missing; see --help\n`,
    })
    expect((await runOn(true)('deep')).err).toContain('Usage: demo deep')
  })

  it('reads the name of a command alone as such, not the same word among its values', async () => {
    const { code, out } = await run('echo', 'a', '--out', 'nothing', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ values: { out: 'nothing' }, args: ['a'] })
  })

  it('says faults as JSON where the configuration file asks for JSON', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'cli-')), 'c.yaml')
    writeFileSync(path, 'json: true\n')
    const { code, out, err } = await run('deep', 'fails', '--config', path)
    expect(code).toBe(2)
    expect(JSON.parse(out)).toMatchObject({ error: { tag: 'BadRow' } })
    expect(err).toContain('x.jsonl:3')
  })

  it('a closed pipe ends a binary without a stack trace', () => {
    const script = join(__dirname, '..', 'src', 'bin', 'tensor-core.ts')
    const node = `"${process.execPath}" --conditions=@safe/source --import tsx "${script}" score --help`
    const { status, stderr } = spawnSync('sh', ['-c', `{ sleep 0.1; ${node}; echo $? >&2; } | true`], {
      encoding: 'utf8',
      cwd: join(__dirname, '..'),
    })
    expect(status).toBe(0)
    expect(stderr.trim()).toBe('0')
  })
})

describe('what a terminal would obey', () => {
  const evil = 'a\u001b]52;c;ZXZpbA==\u0007b\u009b2Jc\rd\u202ee\tf\ng \u00e9 \u05d0'
  const says = command({
    name: 'says',
    description: 'says what a file said',
    options: {},
    run: (_, context) => {
      context.warn(evil)
      context.note(evil)
      return TE.right({ json: { evil }, text: evil })
    },
  })
  const shown = 'a\\u001b]52;c;ZXZpbA==\\u0007b\\u009b2Jc\\u000dd\\u202ee\tf\ng \u00e9 \u05d0'
  const run = async (...argv: ReadonlyArray<string>): Promise<string> => {
    const said: string[] = []
    await runBinary({ name: 'b', description: 'd', version: '1', commands: [says] }, argv, {
      stdout: (chunk) => said.push(chunk),
      stderr: () => undefined,
    })
    return said.join('')
  }
  it('is shown by its code, and JSON means the same', async () => {
    const written = jest.spyOn(process.stderr, 'write').mockReturnValue(true)
    expect(await run('says')).toBe(`${shown}\n`)
    const json = await run('says', '--json')
    const lines = written.mock.calls.map(([line]) => line)
    written.mockRestore()
    expect(json.replace(/\n$/, '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/)
    expect(JSON.parse(json)).toEqual({ evil })
    expect(lines.slice(0, 2)).toEqual([`warning: ${shown}\n`, `${shown}\n`])
  })
})
