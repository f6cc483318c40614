import * as TE from 'fp-ts/TaskEither'
import { type Binary, command, many, optional, runBinary, text, withDefault } from '../src/cli/kit'

const words =
  'words of a description that is much longer than a line of a narrow terminal is wide, and goes on'
const only = command({
  name: '',
  description: words,
  options: {
    one: optional(text(words)),
    aVeryLongNameOfAnOptionThatTakesALine: optional(text(words)),
    list: withDefault([], many(text('words'))),
  },
  run: () => TE.right({ json: null, text: 'done' }),
})
const binary: Binary = { name: 'lone', version: '1', description: words, commands: [only] }

const help = async (
  columns?: number,
  ...argv: string[]
): Promise<{ code: number; out: string; err: string }> => {
  const said = { out: '', err: '' }
  const code = await runBinary(binary, argv.length === 0 ? ['--help'] : argv, {
    stdout: (s) => (said.out += s),
    stderr: (s) => (said.err += s),
    ...(columns === undefined ? {} : { columns }),
  })
  return { code, ...said }
}
describe('help', () => {
  it.each([40, 60, 80, 120, 200])('is no wider than a terminal of %d columns', async (columns) => {
    const { out } = await help(columns)
    const long = '  --a-very-long-name-of-an-option-that-takes-a-line <TEXT>'
    expect(out.split('\n')).toContain(long)
    // A name is not broken.
    const isName = (line: string): boolean => /^ {2}--[\w-]+( <\S+>)?$/.test(line)
    expect(out.split('\n').filter((line) => line.length > columns && !isName(line))).toEqual([])
  })
  it('has its descriptions beside the names where there is room, else below', async () => {
    expect((await help(100)).out).toMatch(/^ {2}--one <TEXT> {18}words of a description/m)
    expect((await help(40)).out).toMatch(/^ {2}--one <TEXT>\n {6}words of a description/m)
    expect((await help()).out).toMatch(/^ {2}--one <TEXT> {18}words of a description/m)
  })
  it('does not show an empty default', async () => {
    expect((await help(200)).out).toMatch(/^ {2}--list <TEXT\.\.\.> +words$/m)
  })
})

describe('a binary that is one command without arguments', () => {
  it.each([[['NOSUCH']], [['NOSUCH', '--help']], [['NOSUCH', '--json']]])(
    'names the word that it does not know: %j',
    async (argv) => {
      const { code, err } = await help(80, ...argv)
      expect([code, err]).toEqual([2, "lone: unknown argument 'NOSUCH': lone has no commands; see --help\n"])
    },
  )
  it('still shows its help and runs', async () => {
    expect((await help(80, 'help')).code).toBe(0)
    expect((await help(80, '--one', 'x')).out).toBe('done\n')
  })
})
