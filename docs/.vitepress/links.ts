/**
 * Links as they stand in the repository's files, made to work on the site: a page's file becomes the page's address, a folder its
 * README or first page, and any other file is copied beside the site. A link to a file that does not exist stops the build.
 */
import { existsSync, statSync } from 'node:fs'
import { extname, join, posix, relative, sep } from 'node:path'
import type { MarkdownOptions } from 'vitepress'
import { type Page, reportFolder } from './pages'

// model ------------------------------------------------------------------------------------------

/** Where a link goes: a page of the site, or a file that is copied to an address. */
type Target =
  | { readonly kind: 'page'; readonly address: string }
  | { readonly kind: 'file'; readonly source: string; readonly address: string }

// resolving --------------------------------------------------------------------------------------

/** Files that a browser shows as they are, or saves; servers differ about all others, so these become plain text. */
const shown = ['.html', '.svg', '.json', '.gz']

const fileTarget = (source: string): Target => {
  const place = source.startsWith('docs/') ? source.slice('docs/'.length) : `files/${source}`
  return { kind: 'file', source, address: `/${place}${shown.includes(extname(source)) ? '' : '.txt'}` }
}

/** The page that stands for a folder: its README, else its first page. */
const pageOfFolder = (folder: string, pages: ReadonlyArray<Page>): Page | undefined =>
  pages.find((page) => page.source === posix.join(folder, 'README.md')) ??
  pages.find((page) => page.source.startsWith(`${folder}/`))

const isFile = (path: string): boolean => existsSync(path) && statSync(path).isFile()

/**
 * The target of a link; a folder of sources stands for its index.
 * @param path a path from the repository's root @returns undefined where there is no such file
 */
const targetOf = (root: string, pages: ReadonlyArray<Page>, path: string): Target | undefined => {
  if (path === reportFolder || path === `${reportFolder}/report.md`)
    return fileTarget(`${reportFolder}/report.html`)
  const page = pages.find(({ source }) => source === path) ?? pageOfFolder(path.replace(/\/$/, ''), pages)
  if (page !== undefined) return { kind: 'page', address: page.address }
  return [path, posix.join(path, 'index.ts')].filter((file) => isFile(join(root, file))).map(fileTarget)[0]
}

// rewriting --------------------------------------------------------------------------------------

/** What is not a path: an address with a scheme, or a place on the same page. */
const isElsewhere = (href: string): boolean => /^([a-z][a-z0-9+.-]*:|\/\/|#)/i.test(href)

export interface Links {
  /** Adds the rewriting to VitePress's Markdown renderer. */
  readonly rewrite: NonNullable<MarkdownOptions['config']>
  /** The files that links of the pages rendered so far go to, by address. */
  readonly files: ReadonlyMap<string, string>
}

/** @param root the repository's root @param base the site's address on its host, `/` or `/NAME/` */
export const linksOf = (root: string, pages: ReadonlyArray<Page>, base: string): Links => {
  const files = new Map<string, string>()
  const rewritten = (from: string, href: string): Target | undefined => {
    const path = posix.normalize(posix.join(posix.dirname(from), decodeURI(href)))
    const target = targetOf(root, pages, path)
    if (target?.kind === 'file') files.set(target.address, target.source)
    return target
  }
  return {
    files,
    rewrite: (md) => {
      md.core.ruler.push('repository links', ({ tokens, env }: Rendering) => {
        const from = relative(root, env.realPath ?? env.path ?? root).replaceAll(sep, '/')
        for (const token of tokens.flatMap(({ children }) => children ?? [])) {
          const href = token.type === 'link_open' ? token.attrGet('href') : null
          if (href === null || isElsewhere(href)) continue
          const [, path = '', place = ''] = /^([^#]*)(#.*)?$/.exec(href) ?? []
          if (path.startsWith('/')) continue
          const target = rewritten(from, path)
          if (target === undefined) throw new Error(`${from} links to ${href}: there is no such file`)
          token.attrSet('href', `${target.address}${place}`)
          if (target.kind === 'page') continue
          // The site's router would look for a page, and leaves links with a target alone, their base included.
          token.attrSet('href', `${base.replace(/\/$/, '')}${target.address}${place}`)
          token.attrSet('target', '_self')
        }
      })
      // Vue takes braces in text for expressions; in code VitePress already keeps them.
      const text = md.renderer.rules.text
      md.renderer.rules.text = (...args) => (text?.(...args) ?? '').replaceAll('{{', '&#123;&#123;')
    },
  }
}

/** What the rule reads of markdown-it's state; `realPath` is the file of a page that has another address. */
interface Rendering {
  readonly tokens: ReadonlyArray<{
    readonly children: ReadonlyArray<{
      readonly type: string
      readonly attrGet: (name: string) => string | null
      readonly attrSet: (name: string, value: string) => void
    }> | null
  }>
  readonly env: { readonly path?: string; readonly realPath?: string }
}
