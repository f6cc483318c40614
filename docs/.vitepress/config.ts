/**
 * The documentation site: `npm run docs:build` writes it to docs/.vitepress/dist, `npm run docs:dev` serves it while pages are
 * edited. It loads nothing from elsewhere. `DOCS_BASE=/safe/` builds it for an address below a host's root.
 */
import { cpSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import type { DefaultTheme, UserConfig } from 'vitepress'
import { linksOf } from './links'
import { excluded, pageFile, pagesOf } from './pages'
import { sidebarOf } from './sidebar'

const root = join(__dirname, '..', '..')
const pages = pagesOf(root)
const base = process.env['DOCS_BASE'] ?? '/'
const links = linksOf(root, pages, base)

/** GitHub's anchors of headings, so that a link to a heading works in both places. */
const slugify = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-')

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
}

const config: UserConfig<DefaultTheme.Config> = {
  title: 'safe',
  description: 'Packages that keep language models safe through fine-tuning and decoding',
  base,
  // Without it a browser asks for an icon that is not there.
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  // Links lead out of docs/, to the READMEs: so the pages are taken from the whole repository.
  srcDir: '..',
  srcExclude: [...excluded],
  rewrites: pageFile,
  cacheDir: join(__dirname, 'cache'),
  outDir: join(__dirname, 'dist'),
  markdown: { anchor: { slugify }, config: links.rewrite },
  vite: {
    plugins: [
      {
        name: 'linked files',
        configureServer: ({ middlewares }) => {
          middlewares.use((request, response, next) => {
            const { pathname } = new URL(request.url ?? '/', 'http://localhost')
            const source = links.files.get(`/${pathname.slice(base.length)}`)
            if (source === undefined) {
              next()
              return
            }
            response.setHeader('content-type', types[extname(source)] ?? 'text/plain')
            response.end(readFileSync(join(root, source)))
          })
        },
      },
    ],
  },
  buildEnd: ({ outDir }) => {
    for (const [address, source] of links.files) {
      const target = join(outDir, address)
      mkdirSync(dirname(target), { recursive: true })
      cpSync(join(root, source), target)
    }
  },
  themeConfig: {
    nav: [
      { text: 'Overview', link: '/overview' },
      { text: 'Methods', link: '/methods' },
      { text: 'Reference', link: '/reference/' },
    ],
    sidebar: sidebarOf(pages),
    outline: { level: [2, 3] },
    search: {
      provider: 'local',
      options: {
        // Declarations are not searched, the names in the headings above them are.
        _render: (text, env, md) => md.render(text.replaceAll(/^```typescript\n[\s\S]*?^```$/gm, ''), env),
      },
    },
  },
}
export default config
