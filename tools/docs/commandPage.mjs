/**
 * The commands of one binary as Markdown: a table of options per command, as `--help` shows them, with the sources of defaults. What
 * several commands have in common stands once, after them.
 */

const cell = (text) => text.replaceAll('|', '\\|').replaceAll('<', '\\<').replaceAll('\n', ' ')
const code = (text) => (text === '' ? '' : `\`${text.replaceAll('|', '\\|')}\``)

const row = (cells) => `| ${cells.join(' | ')} |`

/** The column of sources is there where a default has one. */
const optionTable = (options) => {
  const sourced = options.some((o) => o.source !== '')
  const optional = (text) => (sourced ? [text] : [])
  return [
    row(['option', 'default', ...optional('source of the default'), 'what it is']),
    row(['---', '---', ...optional('---'), '---']),
    ...options.map((o) =>
      row([
        code(`${o.name} ${o.value}`.trim()),
        o.required ? 'required' : code(o.fallback),
        ...optional(cell(o.source)),
        cell(o.description),
      ]),
    ),
  ].join('\n')
}

const capital = (text) => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`

const sharedTitle = (commands) => `Options of ${commands.map((name) => `\`${name}\``).join(', ')}`
const anchor = (heading) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')

const commandText = (command) =>
  [
    `## ${command.name}`,
    `${capital(command.description)}.`,
    ...(command.arguments.length === 0
      ? []
      : [
          command.arguments
            .map(
              (a) =>
                `- \`${a.name}\`: ${a.description}${a.choices.length === 0 ? '' : ` (${a.choices.join(', ')})`}`,
            )
            .join('\n'),
        ]),
    ...(command.example === '' ? [] : [`\`\`\`text\n${command.example}\n\`\`\``]),
    ...(command.options.length === 0 ? [] : [optionTable(command.options)]),
    ...command.shared.map(
      (commands) => `And the [options of ${commands.join(', ')}](#${anchor(sharedTitle(commands))}).`,
    ),
  ].join('\n\n')

export const commandPage = (binary, common) =>
  [
    '<!-- Written by `npm run docs` from the options of the commands: change those. -->',
    `# The commands of ${binary.name}`,
    `${capital(binary.description)}.`,
    ...binary.commands.map(commandText),
    ...binary.shared.flatMap(({ commands, options }) => [
      `## ${sharedTitle(commands)}`,
      optionTable(options),
    ]),
    '## Options of every command',
    optionTable(common),
    '',
  ].join('\n\n')
