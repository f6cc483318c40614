/** `npm run study`: its commands exist with the options they are given, and their files fit together. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import * as t from 'io-ts'

const root = join(__dirname, '..', '..', '..')
const step = t.intersection([
  t.type({ name: t.string, program: t.string, args: t.array(t.string) }),
  t.partial({ makes: t.string, resumes: t.type({ from: t.string, with: t.array(t.string) }) }),
])
type Step = t.TypeOf<typeof step>

const shown: unknown = JSON.parse(
  execFileSync(
    process.execPath,
    [
      ...process.execArgv,
      'tools/study/study.ts',
      ...['--data', '/data', '--model', '/model', '--out', '/study', '--dry-run', '--json'],
    ],
    { cwd: root, encoding: 'utf8' },
  ),
)
const plan = t.type({ steps: t.array(step) })
const steps = plan.is(shown) ? shown.steps : []
const reference = (program: string): string =>
  readFileSync(join(root, 'docs', 'reference', 'commands', `${program}.md`), 'utf8')
/** The part of the reference that describes a step's command. */
const described = ({ program, args }: Step): string =>
  reference(program)
    .split(/^## /m)
    .find((part) => part.startsWith(`${program} ${args[0] ?? ''}\n`)) ?? ''
const flags = ({ args, resumes }: Step): ReadonlyArray<string> =>
  [...args, ...(resumes?.with ?? [])].filter(
    (arg) => arg.startsWith('--') && !['--engine', '--json', '--config'].includes(arg),
  )

describe('the study', () => {
  it('has all its steps', () => expect(steps).toHaveLength(7))
  it.each(steps.filter(({ program }) => program !== 'prepare').map((step) => [step.name, step] as const))(
    'gives %s options that its command has',
    (_, step) => {
      expect(described(step)).not.toBe('')
      for (const flag of flags(step)) expect(described(step)).toMatch(new RegExp(`^\\| \`${flag}[ \`]`, 'm'))
    },
  )
  it('reads only what an earlier step makes, or what it was given', () => {
    const made = new Set(['/study/models/smollm2'])
    const files = readFileSync(join(root, 'tools', 'study', 'prepare.ts'), 'utf8')
    for (const { args, makes } of steps) {
      const read = args
        .flatMap((arg) => arg.match(/\/study\/[\w./-]+/g) ?? [])
        .filter((path) => path !== makes)
      const own = args[args.indexOf('--out') + 1]
      for (const path of read.filter((p) => p !== own))
        expect(made.has(path) || files.includes(/([\w-]+)\.jsonl$/.exec(path)?.[1] ?? '?')).toBe(true)
      if (own !== undefined) made.add(own)
    }
  })
  it.each(['sst2', 'agnews'])('has a configuration of %s with the models that it makes', (name) => {
    const config: unknown = parse(readFileSync(join(root, 'tools', 'study', `${name}.yaml`), 'utf8'))
    expect(config).toMatchObject({ suite: { models: { base: 'models/smollm2', aligned: 'models/aligned' } } })
  })
})
