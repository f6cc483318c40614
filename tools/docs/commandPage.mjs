/** The commands of one binary as Markdown: a table of options per command, as `--help` shows them. */

const cell = (text) => text.replaceAll('|', '\\|').replaceAll('<', '\\<').replaceAll('\n', ' ')
const code = (text) => (text === '' ? '' : `\`${text.replaceAll('|', '\\|')}\``)

const optionTable = (options) =>
  [
    '| option | default | what it is |',
    '| --- | --- | --- |',
    ...options.map(
      (o) =>
        `| ${code(`${o.name} ${o.value}`.trim())} | ${o.required ? 'required' : code(o.fallback)} | ${cell(o.description)} |`,
    ),
  ].join('\n')

const capital = (text) => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`

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
    ...(command.options.length === 0 ? [] : [optionTable(command.options)]),
  ].join('\n\n')

export const commandPage = (binary, common) =>
  [
    '<!-- Written by `npm run docs` from the options of the commands: change those. -->',
    `# The commands of ${binary.name}`,
    `${capital(binary.description)}.`,
    ...binary.commands.map(commandText),
    '## Options of every command',
    optionTable(common),
    '',
  ].join('\n\n')
