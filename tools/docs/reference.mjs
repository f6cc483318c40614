/**
 * Reference pages from doc comments, from the options of commands and from plugins: `npm run docs` writes docs/reference and
 * docs/methods.md, and `node tools/docs/reference.mjs --check` fails where a page is out of date or an export of a package has no doc
 * comment. Declarations are TypeScript's own: nothing is parsed by hand.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import prettier from 'prettier'
import { check, finish } from '../ci/count.mjs'
import { commandPage } from './commandPage.mjs'
import { entryComment, exportsOf, openProgram } from './exports.mjs'
import { methodsPage } from './methodsPage.mjs'
import { pageText } from './page.mjs'

const root = process.cwd()
const target = join('docs', 'reference')
const checking = process.argv.includes('--check')

// entries ----------------------------------------------------------------------------------------

const manifest = (name) => JSON.parse(readFileSync(join('packages', name, 'package.json'), 'utf8'))

/** Packages whose root index only gathers what their sub-paths offer. */
const gathering = ['tensor-core']

/** A page per entry of a package. */
const entriesOf = (folder) => {
  const { name, exports: map } = manifest(folder)
  const paths = Object.entries(map).flatMap(([path, to]) =>
    typeof to === 'object' && '@safe/source' in to
      ? [{ path, source: join('packages', folder, to['@safe/source']) }]
      : [],
  )
  const own = gathering.includes(folder) ? paths.filter(({ path }) => path !== '.') : paths
  return own.map(({ path, source }) => ({
    title: path === '.' ? name : `${name}/${path.slice(2)}`,
    file: path === '.' ? `${folder}.md` : join(folder, `${path.slice(2)}.md`),
    source,
  }))
}

/** tensor-core from the ground up, then the packages that stand on it. */
const floors = [
  'contracts',
  'random',
  'page',
  'stats',
  'engine',
  'linalg',
  'files',
  'hub',
  'options',
  'formats',
  'text',
  'endpoint',
  'lm',
  'judges',
  'pipeline',
  'cli',
]
const rankOf = (entry) => {
  const floor = floors.findIndex((f) => entry.title.endsWith(`/${f}`))
  return floor === -1 ? floors.length : floor
}
const entries = readdirSync('packages')
  .flatMap(entriesOf)
  .sort((a, b) => rankOf(a) - rankOf(b) || (a.title < b.title ? -1 : 1))

// pages ------------------------------------------------------------------------------------------

const program = openProgram(
  root,
  entries.map(({ source }) => source),
)
const pages = entries.map((entry) => ({
  ...entry,
  comment: entryComment(program, root, entry.source),
  groups: exportsOf(program, root, entry.source),
}))

const namesOf = (page) => page.groups.flatMap(({ symbols }) => symbols.map(({ name }) => name))
const homes = new Map()
for (const page of pages)
  for (const name of namesOf(page)) homes.set(name, [...(homes.get(name) ?? []), page])

/** The page a name is documented on: this one first; one of tensor-core for the others, never another method's. */
const placeOf = (name, from) => {
  const found = homes.get(name) ?? []
  return found.includes(from) ? from : found.find((page) => page.title.startsWith('@safe/tensor-core/'))
}
const linkTo = (from, to) => (from === to ? '' : relative(dirname(from.file), to.file).replaceAll('\\', '/'))

// commands ---------------------------------------------------------------------------------------

const listed = spawnSync(
  'node',
  ['--conditions=@safe/source', '--import', 'tsx', join('tools', 'docs', 'commands.ts')],
  { encoding: 'utf8' },
)
if (listed.status !== 0) throw new Error(listed.stderr)
const { common, binaries, methods, faults } = JSON.parse(listed.stdout)
if (faults.length > 0) throw new Error(faults.join('\n'))
/** The page of methods stands among the guides, beside the reference. */
const methodsFile = join('..', 'methods.md')
const commandFile = (binary) => join('commands', `${binary.name}.md`)

// overview ---------------------------------------------------------------------------------------

const overview = [
  '<!-- Written by `npm run docs` from the doc comments of the sources: change those. -->',
  '# Reference',
  'Every public name of every package, with its TypeScript declaration and what its doc comment says. `@safe/tensor-core` gives all of its floors at once; each is also a sub-path, and has a page of its own here.',
  [
    '| page | what it is | names |',
    '| --- | --- | --- |',
    ...pages.map(
      (page) =>
        `| [\`${page.title}\`](${page.file}) | ${page.comment.split(/\n\n/)[0].replaceAll('\n', ' ').replaceAll('|', '\\|')} | ${namesOf(page).length} |`,
    ),
  ].join('\n'),
  'Every command of every binary, with its options and their defaults:',
  [
    '| binary | what it is | commands |',
    '| --- | --- | --- |',
    ...binaries.map(
      (b) =>
        `| [\`${b.name}\`](${commandFile(b)}) | ${b.description} | ${b.commands.map((c) => `\`${c.name.slice(b.name.length).trim() || b.name}\``).join(', ')} |`,
    ),
  ].join('\n'),
  '',
].join('\n\n')

const style = (await prettier.resolveConfig(join(root, target, 'README.md'))) ?? {}
const written = new Map()
for (const [file, text] of [
  ['README.md', overview],
  ...pages.map((page) => [page.file, pageText(page, placeOf, linkTo)]),
  ...binaries.map((binary) => [commandFile(binary), commandPage(binary, common)]),
  [methodsFile, methodsPage(methods)],
])
  written.set(file, await prettier.format(text, { ...style, parser: 'markdown' }))

// names without a comment ------------------------------------------------------------------------

const bare = pages.flatMap((page) =>
  page.groups.flatMap(({ comment, symbols }) =>
    symbols
      .filter((s) => s.comment === undefined && !(s.describedByFile && comment !== ''))
      .map((s) => `${page.source}: ${s.name}`),
  ),
)

// writing ----------------------------------------------------------------------------------------

const present = [
  ...(existsSync(target) ? readdirSync(target, { recursive: true }) : [])
    .map(String)
    .filter((name) => name.endsWith('.md')),
  ...(existsSync(join(target, methodsFile)) ? [methodsFile] : []),
]

if (checking) {
  const stale = [...written].filter(
    ([file, text]) => !present.includes(file) || readFileSync(join(target, file), 'utf8') !== text,
  )
  const gone = present.filter((file) => !written.has(file))
  const names = [...stale.map(([file]) => file), ...gone].map((file) => join(target, file))
  check('every export has a doc comment', bare.length === 0 ? undefined : bare.join('\n'))
  check(
    'docs/reference and docs/methods.md are up to date',
    names.length === 0
      ? undefined
      : `${names.join('\n')}\nare not what the sources say: run \`npm run docs\``,
  )
  finish('reference pages')
} else {
  for (const file of present) if (!written.has(file)) rmSync(join(target, file))
  for (const [file, text] of written) {
    mkdirSync(dirname(join(target, file)), { recursive: true })
    writeFileSync(join(target, file), text)
  }
  process.stdout.write(`${written.size} pages, ${pages.flatMap(namesOf).length} names: ${target}\n`)
  if (bare.length > 0) process.stdout.write(`without a doc comment:\n${bare.join('\n')}\n`)
}
