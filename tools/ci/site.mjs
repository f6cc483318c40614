/**
 * Builds the documentation site and checks what the build does not: every page is in the sidebar, every link inside the site goes
 * to a page or file and a heading that are there, nothing is loaded from elsewhere, and braces of templates are shown as they are written.
 *
 *     node tools/ci/site.mjs [--built]       --built: checks the site that is there
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join, posix } from 'node:path'
import { check, finish } from './count.mjs'

const site = join('docs', '.vitepress', 'dist')
const problemOf = (lines) => (lines.length === 0 ? undefined : [...new Set(lines)].join('\n'))

const filesIn = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => posix.join(entry.parentPath.replaceAll('\\', '/'), entry.name).slice(site.length))

// build ------------------------------------------------------------------------------------------

if (!process.argv.includes('--built')) {
  const { status, stdout, stderr } = spawnSync('npx', ['--no-install', 'vitepress', 'build', 'docs'], {
    encoding: 'utf8',
    env: { ...process.env, DOCS_BASE: '/' },
  })
  check('the site is built', status === 0 ? undefined : `${stdout}${stderr}`)
}

// pages ------------------------------------------------------------------------------------------

const files = existsSync(site) ? filesIn(site) : []
const text = (file) => readFileSync(join(site, file), 'utf8')
const unescaped = (href) => decodeURI(href.replaceAll('&amp;', '&'))
/** Pages that VitePress made: the others are finished files that it copied. */
const pages = new Map(
  files
    .filter((file) => file.endsWith('.html'))
    .map((file) => [file, text(file)])
    .filter(([, html]) => html.includes('<div id="app">'))
    .map(([file, html]) => [
      file,
      {
        html,
        ids: new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => unescaped(id))),
        links: [...html.matchAll(/<a [^>]*href="([^"]+)"/g)].map(([, href]) => unescaped(href)),
      },
    ]),
)

/** The file behind an address of the site; a page where the address has no suffix. */
const fileAt = (address) =>
  [address, `${address}.html`, `${address}index.html`].find((file) => files.includes(file))

const broken = [...pages].flatMap(([file, { links }]) =>
  links
    .filter((href) => !/^([a-z]+:|\/\/)/.test(href))
    .flatMap((href) => {
      const [path, place = ''] = href.split('#')
      const target =
        path === '' ? file : fileAt(posix.resolve(posix.dirname(file), path) + (/.\/$/.test(path) ? '/' : ''))
      if (target === undefined) return [`${file} links to ${href}: there is no such page or file`]
      const page = pages.get(target)
      return place === '' || page === undefined || page.ids.has(place)
        ? []
        : [`${file} links to ${href}: ${target} has no such heading`]
    }),
)
check('links of the site', problemOf(broken))

const overview = pages.get('/overview.html')
const sidebar = /<aside class="VPSidebar"[\s\S]*?<\/aside>/.exec(overview?.html ?? '')?.[0] ?? ''
const listed = [...sidebar.matchAll(/href="([^"]+)"/g)].map(([, href]) => fileAt(unescaped(href)))
const unlisted = [...pages.keys()].filter((file) => !['/index.html', '/404.html', ...listed].includes(file))
check(
  'every page is in the sidebar',
  overview === undefined ? 'there is no /overview.html' : problemOf(unlisted),
)
const sources = readdirSync('docs', { recursive: true })
  .map((path) => String(path).replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.md') && !/^(example-report|\.vitepress)\//.test(path))
  .map((path) => `/${path.replace(/README\.md$/, 'index.md').replace(/\.md$/, '.html')}`)
check('every Markdown file of docs is a page', problemOf(sources.filter((file) => !pages.has(file))))

// nothing from elsewhere -------------------------------------------------------------------------

const loads =
  /(?:<(?:script|img|iframe|source|video|audio)\b[^>]*\bsrc|<link\b[^>]*\bhref)=["']?((?:https?:)?\/\/[^"' >]+)/g
const loadsOfStyle = /(?:url\(|@import )\s*["']?((?:https?:)?\/\/[^"')]+)/g
const loadsOfCode = /(?:\bimport\(|\bfetch\(|\bfrom)\s*["'`]((?:https?:)?\/\/[^"'`]+)/g
const rules = [
  [/\.html$/, loads],
  [/\.(css|html)$/, loadsOfStyle],
  [/\.js$/, loadsOfCode],
]
const elsewhere = files.flatMap((file) =>
  rules
    .filter(([suffix]) => suffix.test(file))
    .flatMap(([, rule]) => [...text(file).matchAll(rule)].map(([, url]) => `${file} loads ${url}`)),
)
check('nothing is loaded from elsewhere', files.length === 0 ? 'the site is empty' : problemOf(elsewhere))

// braces -----------------------------------------------------------------------------------------

const braced = readFileSync(join('docs', 'serving-clients.md'), 'utf8').match(/\{\{\w+\}\}/g) ?? []
const shown = (pages.get('/serving-clients.html')?.html ?? '').replaceAll(/<[^>]+>/g, '')
check('braces are shown as written', problemOf(braced.filter((each) => !shown.includes(each))))

finish('site')
