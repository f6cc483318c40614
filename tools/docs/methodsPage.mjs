/** The methods of all packages as one Markdown page: per stage an overview, then each method with its options and how faithful it is. */

import { plain } from './page.mjs'

const cell = (text) => plain(text).replaceAll('|', '\\|').replaceAll('\n', ' ')
const code = (text) => (text === '' ? '' : `\`${text.replaceAll('|', '\\|')}\``)
const row = (cells) => `| ${cells.join(' | ')} |`
const table = (head, rows) => [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n')
const kebab = (name) => name.replaceAll(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)
const capital = (text) => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`

/** Values of a strength from weak to strong, each as a record where several options move together. */
const valueText = (value) =>
  typeof value === 'object'
    ? `(${Object.values(value)
        .map((v) => String(v))
        .join(', ')})`
    : String(value)

const strengthText = ({ strength, needs }) =>
  strength !== undefined
    ? `${strength.options.map((name) => code(kebab(name))).join(', ')}: ${strength.values.map(valueText).join(', ')}`
    : needs.includes('counterpart')
      ? 'that of the method it is the control of'
      : 'none'

const fidelityLines = ({ source, commit, formula, defaults, differs }) => [
  `- Source: ${plain(source)}${commit === undefined ? '' : `; compared with ${code(commit)}`}`,
  `- Formula: ${plain(formula)}`,
  `- Defaults: ${plain(defaults)}`,
  `- Differs: ${plain(differs)}`,
]

/** The column of sources is there where a default has one. */
const optionTable = (options) => {
  const sourced = options.some((o) => o.source !== undefined)
  return table(
    ['option', 'default', 'what it is', ...(sourced ? ['source of the default'] : [])],
    options.map((o) => [
      code(`${kebab(o.name)}: ${o.value}`),
      code(o.default ?? ''),
      cell(o.description),
      ...(sourced ? [cell(o.source ?? '')] : []),
    ]),
  )
}

const methodText = (plugin) =>
  [
    `### ${plugin.name}`,
    `${capital(plain(plugin.summary))}. From [\`@safe/${plugin.folder}\`](../packages/${plugin.folder}/README.md).`,
    ...((plugin.options ?? []).length === 0 ? ['No options.'] : [optionTable(plugin.options)]),
    [
      `- Strength: ${strengthText(plugin)}`,
      `- Resources: ${plugin.needs.length === 0 ? 'none' : plugin.needs.map(code).join(', ')}`,
      ...(plugin.fidelity === undefined ? [] : fidelityLines(plugin.fidelity)),
    ].join('\n'),
  ].join('\n\n')

const stageText = ({ stage, plugins }) =>
  [
    `## The ${stage} stage`,
    table(
      ['name', 'package', 'what it does', 'strength, from weak to strong'],
      plugins.map((p) => [code(p.name), code(`@safe/${p.folder}`), cell(p.summary), strengthText(p)]),
    ),
    ...plugins.map(methodText),
  ].join('\n\n')

/** @param methods `[{ stage, plugins }]`, as methods.ts gathers them */
export const methodsPage = (methods) =>
  [
    '<!-- Written by `npm run docs` from the plugins of the packages: change those. -->',
    '# Methods, controls and rivals',
    'Everything that a benchmark can put at a stage. A configuration names one by its package and its name:',
    '```yaml\nstages:\n  data: [{ use: "@safe/forgetfilter", name: seal, options: { keep: 0.7 } }]\n```',
    'Options are spelled as in a configuration; in code they are in camelCase. A strength is the option that decides how strongly a method acts, with the values that are tried where methods are compared [at equal utility](equal-utility.md). Resources are what a method uses of the benchmark: models, data sets, training. What differs from a published method is stated with each.',
    ...methods.map(stageText),
    '',
  ].join('\n\n')
