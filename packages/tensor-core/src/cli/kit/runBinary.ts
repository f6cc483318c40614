/**
 * Runs a binary of commands: parses the command line, prints, and turns faults into one line and an exit code: 0 done, 1 failed,
 * 2 bad input, 130 interrupted. A command that has done its work may itself answer with 2 (undecidable) or 3 (refused).
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { Command as Commander, CommanderError, Option as CommanderOption } from 'commander'
import { type Fault, badInput, causeLine, failure, faultLine } from '../../contracts'
import { type Given, type OptionTable, decodeOptions, flagOf } from '../../options'
import type { Binary, Command } from './command'
import { readConfig } from './configFile'
import { commonOptions } from './context'
import { flagged, withFlags } from './flags'
import { helpItem } from './helpLayout'
import { printable } from './printable'
import { stopping } from './stopping'
import { terminal } from './terminal'
import { asParsed, strayWord, wordsOf } from './words'

/** Where a run writes and how it is stopped; tests pass their own. */
export interface Host {
  readonly stdout: (chunk: string) => void
  readonly stderr: (chunk: string) => void
  /** Whether a person reads stderr: then help is shown where no command is named. Scripts get the one line alone. */
  readonly isTerminal?: boolean
  /** How wide help is written, in characters; 80 where it is not known. */
  readonly columns?: number
}

/** The width of the terminal, or the one that the environment tells. */
const columnsOf = ({ stdout, env }: NodeJS.Process): { readonly columns?: number } => {
  const columns = stdout.isTTY ? stdout.columns : Number(env['COLUMNS'])
  return columns >= 1 ? { columns } : {}
}

const processHost: Host = {
  stdout: (chunk) => void process.stdout.write(chunk),
  stderr: (chunk) => void process.stderr.write(chunk),
  isTerminal: process.stderr.isTTY,
  ...columnsOf(process),
}

/** 2 for bad input, 130 for an interruption, 1 for any other failure. */
export const exitCode = (f: Fault): number => (f.kind === 'input' ? 2 : f.kind === 'interrupted' ? 130 : 1)

/** `noEos` is spelled `--no-eos`, which the parser reads as `eos: false`; an option that is on unless switched off likewise. */
const negated = (name: string): string | undefined => {
  const rest = /^no([A-Z])(.*)$/.exec(name)
  return rest === null ? undefined : `${rest[1]?.toLowerCase() ?? ''}${rest[2] ?? ''}`
}

/** Options as the shell gave them, under their names in the table. */
const givenBy = (opts: Given, table: OptionTable): Given =>
  Object.fromEntries(
    Object.entries(table).flatMap(([name, { arity }]) => {
      if (arity === 'off') return opts[name] === false ? [[name, false]] : []
      const positive = negated(name)
      if (positive !== undefined) return opts[positive] === false ? [[name, true]] : []
      return opts[name] === undefined ? [] : [[name, opts[name]]]
    }),
  )

const describe = (target: Commander, table: OptionTable): void => {
  for (const [name, option] of Object.entries(table)) {
    const values = { flag: '', off: '', one: ` <${option.metavar}>`, many: ` <${option.metavar}...>` }[
      option.arity
    ]
    const need = E.isLeft(option.fallback)
      ? ' (required)'
      : option.shownDefault === undefined || option.shownDefault === ''
        ? ''
        : ` (default: ${option.shownDefault})`
    target.addOption(
      new CommanderOption(`${flagOf(name, option)}${values}`, `${flagged(option.description, table)}${need}`),
    )
  }
}

/** What `--help` says of a group of commands, such as `engine`. */
const groupText = ({ groups = {}, commands }: Binary, word: string): string =>
  groups[word] ??
  commands
    .map(({ name }) => wordsOf(name))
    .flatMap(([first, ...rest]) => (first === word && rest.length > 0 ? [rest.join(' ')] : []))
    .join(', ')

/** Runs the binary on `argv` (without node and script) and gives the exit code; nothing is thrown. */
export const runBinary = async (
  binary: Binary,
  argv: ReadonlyArray<string>,
  host: Host = processHost,
): Promise<number> => {
  let wantsJson = argv.includes('--json')
  const report = (fault: Fault, table: OptionTable = {}): number => {
    const f = withFlags(fault, table)
    if (wantsJson) host.stdout(`${JSON.stringify({ error: { tag: f._tag, ...f, _tag: undefined } })}\n`)
    host.stderr(`${binary.name}: ${faultLine(f)}\n`)
    return exitCode(f)
  }
  const outcome: { code: number } = { code: 0 }

  const execute = async (cmd: Command, opts: Given, args: ReadonlyArray<string>): Promise<number> => {
    const table = { ...commonOptions, ...cmd.options }
    const shell = givenBy(opts, table)
    const file = shell['config']
    const merged = pipe(
      typeof file === 'string' ? readConfig(file, table) : E.right({}),
      E.map((fromFile): Given => ({ ...fromFile, ...shell })),
    )
    if (E.isLeft(merged)) return report(merged.left)
    const asked = commonOptions.json.decode(merged.right['json'])
    wantsJson ||= E.isRight(asked) && asked.right
    // a command's own option of the same name takes the place of the common one
    const shared = Object.fromEntries(Object.entries(merged.right).filter(([name]) => !(name in cmd.options)))
    const common = decodeOptions(commonOptions, shared)
    if (E.isLeft(common)) return report(common.left, table)
    const abort = new AbortController()
    const stop = stopping(abort, () => process.exit(130))
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
    try {
      const screen = terminal(common.right.quiet)
      const result = await cmd.run(
        merged.right,
        { ...screen, signal: abort.signal, common: common.right },
        args,
      )()
      if (E.isLeft(result)) return report(result.left, table)
      if (common.right.json) host.stdout(`${printable(JSON.stringify(result.right.json))}\n`)
      else if (result.right.text !== undefined) host.stdout(`${printable(result.right.text)}\n`)
      return result.right.exit ?? 0
    } catch (cause) {
      return report(
        failure('Unexpected', causeLine(cause), { remedy: 'please report this with the command line' }),
      )
    } finally {
      process.off('SIGINT', stop)
      process.off('SIGTERM', stop)
    }
  }

  /** Help that was asked for without saying so, by naming no command. */
  const unasked: { help: string } = { help: '' }
  const configure = (c: Commander): Commander =>
    c
      .exitOverride()
      .allowExcessArguments(false)
      .showSuggestionAfterError(true)
      .helpCommand(false)
      .configureHelp({ formatItem: helpItem, minWidthToWrap: 1 })
      .configureOutput({
        writeOut: (s) => host.stdout(s),
        getOutHelpWidth: () => host.columns ?? 80,
        getErrHelpWidth: () => host.columns ?? 80,
        writeErr: (s) => {
          unasked.help = s
        },
      })
  const root = configure(new Commander(binary.name)).description(binary.description).version(binary.version)
  for (const cmd of binary.commands) {
    const target = wordsOf(cmd.name).reduce((parent, word) => {
      const found = parent.commands.find((c) => c.name() === word)
      if (found !== undefined) return found
      const made = configure(new Commander(word)).description(groupText(binary, word))
      parent.addCommand(made)
      return made
    }, root)
    if (target !== root) target.description(cmd.description)
    if (cmd.example !== undefined) target.addHelpText('after', `\nExample:\n  ${cmd.example}`)
    for (const a of cmd.arguments)
      target.argument(a.variadic === true ? `<${a.name}...>` : `<${a.name}>`, a.description)
    describe(target, { ...cmd.options, ...commonOptions, ...cmd.options })
    target.action(async () => {
      const args = target.processedArgs.flatMap((x: unknown) =>
        Array.isArray(x) ? x.map(String) : typeof x === 'string' ? [x] : [],
      )
      const bad = cmd.arguments.find((a, i) => {
        const given = args[i]
        return a.choices !== undefined && given !== undefined && !a.choices.includes(given)
      })
      outcome.code =
        bad === undefined
          ? await execute(cmd, target.opts(), args)
          : report(
              badInput('BadOption', `${bad.name} must be one of ${(bad.choices ?? []).join(', ')}`, {
                remedy: 'see --help',
              }),
            )
    })
  }
  const stray = strayWord(binary, argv)
  if (stray !== undefined)
    return report(
      badInput('BadOption', `unknown argument '${stray}': ${binary.name} has no commands`, {
        remedy: 'see --help',
      }),
    )
  try {
    await root.parseAsync([...asParsed(binary, argv)], { from: 'user' })
    return outcome.code
  } catch (cause) {
    if (!(cause instanceof CommanderError)) return report(failure('Unexpected', causeLine(cause)))
    if (cause.exitCode === 0) return 0
    const said = cause.message.replace(/^error: /, '')
    const isMissing = said === '(outputHelp)'
    if (isMissing && host.isTerminal === true) host.stderr(`${unasked.help}\n`)
    return report(
      badInput('BadOption', isMissing ? 'a command is missing' : said.replace(/\n/g, ' '), {
        remedy: 'see --help',
      }),
    )
  }
}

/** The entry of a binary's script. */
export const main = (binary: Binary): void => {
  // `| head` closes the pipe when it has seen enough: that is no failure, and there is no reader left.
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (cause: NodeJS.ErrnoException) => process.exit(cause.code === 'EPIPE' ? 0 : 1))
  void runBinary(binary, process.argv.slice(2)).then((code) => {
    process.exitCode = code
  })
}
