/**
 * Which files of the repository are pages of the site, and at which address: all guides, reference pages and decision records of
 * docs/, the READMEs of the repository, of packages and of tools, and the other Markdown files in the root.
 *
 *     README.md -> overview      docs/X.md -> X      packages/N/README.md -> packages/N      tools/N/README.md -> tools/N
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join, posix } from 'node:path'

// model ------------------------------------------------------------------------------------------

/** A page: the file from which it is made, from the repository's root; its address without suffix; its first heading. */
export interface Page {
  readonly source: string
  readonly address: string
  readonly title: string
}

/** Not pages: the example report is a folder of finished files, which the site copies. */
export const reportFolder = 'docs/example-report'

/** What VitePress must not take for a page, given that its source folder is the repository's root. */
export const excluded: ReadonlyArray<string> = [
  '!(docs|packages|tools)/**/*',
  '{packages,tools}/*.md',
  '{packages,tools}/*/!(README).md',
  '{packages,tools}/*/*/**',
  `${reportFolder}/**`,
]

// addresses --------------------------------------------------------------------------------------

const inFolder = /^(packages|tools)\/([^/]+)\/README\.md$/

/** The file that VitePress writes for a source, as a Markdown name: `packages/csulora/README.md` -> `packages/csulora.md`. */
export const pageFile = (source: string): string => {
  if (source === 'README.md') return 'overview.md'
  if (!source.includes('/')) return source.toLowerCase()
  const found = inFolder.exec(source)
  if (found !== null) return `${found[1]}/${found[2]}.md`
  return source.replace(/^docs\//, '').replace(/(^|\/)README\.md$/, '$1index.md')
}

/** The address of a page: `/arena`, `/reference/`. */
const addressOf = (source: string): string => `/${pageFile(source).replace(/(^|(?<=\/)index)?\.md$/, '')}`

// reading ----------------------------------------------------------------------------------------

const markdownBelow = (root: string, folder: string): ReadonlyArray<string> =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name)
    if (entry.isDirectory())
      return entry.name.startsWith('.') || path === reportFolder ? [] : markdownBelow(root, path)
    return entry.name.endsWith('.md') ? [path] : []
  })

const readmesIn = (root: string, folder: string): ReadonlyArray<string> =>
  readdirSync(join(root, folder))
    .map((name) => posix.join(folder, name, 'README.md'))
    .filter((path) => existsSync(join(root, path)))

/** Titles of pages whose first heading says little beside others, or that have none. */
const titles: Readonly<Record<string, string>> = { 'README.md': 'Overview', 'CHANGELOG.md': 'Changelog' }

/** The title of a page: its first heading, without the marks of code. */
const titleOf = (root: string, source: string): string =>
  titles[source] ??
  (/^# (.+)$/m.exec(readFileSync(join(root, source), 'utf8'))?.[1] ?? source).replaceAll('`', '')

/** All pages but the home page, in the order of their sources' names. */
export const pagesOf = (root: string): ReadonlyArray<Page> =>
  [
    ...readdirSync(root).filter((name) => name.endsWith('.md')),
    ...markdownBelow(root, 'docs').filter((path) => path !== 'docs/index.md'),
    ...readmesIn(root, 'packages'),
    ...readmesIn(root, 'tools'),
  ]
    .sort()
    .map((source) => ({ source, address: addressOf(source), title: titleOf(root, source) }))
