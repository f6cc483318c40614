/** The page and its files of texts: a small benchmark is one file; what would make the page long to open is loaded prompt by prompt. */
import { inert } from '@safe/tensor-core/page'
import { createHash } from 'node:crypto'
import type { BrowserData } from './data'
import { browserPage } from './page'

// model ------------------------------------------------------------------------------------------

/** A file of texts. Pages opened from a disk may load scripts and nothing else, so it calls one function with its texts. */
export interface Sidecar {
  readonly name: string
  readonly content: string
}

/** The page with the files that belong to it. */
export interface BrowserFiles {
  readonly page: string
  readonly sidecars: ReadonlyArray<Sidecar>
}

/** In bytes. */
export interface SizeLimits {
  /** All data up to this size stand in the page. */
  readonly inline: number
  /** A file of texts ends with the first prompt that takes it above this size. */
  readonly part: number
}

const megabyte = 1 << 20
export const sizeLimits: SizeLimits = { inline: 5 * megabyte, part: megabyte }

/** How a file of texts begins. */
export const sidecarCall = 'redorcaSamples('

const nameOf = (part: number): string => `${String(part).padStart(3, '0')}.js`

// parts ------------------------------------------------------------------------------------------

interface Part {
  readonly from: number
  readonly texts: ReadonlyArray<string>
}

/** Consecutive texts in parts of about one size. */
const partsOf = (texts: ReadonlyArray<string>, limit: number): ReadonlyArray<Part> => {
  const parts: { from: number; texts: string[]; size: number }[] = []
  texts.forEach((text, i) => {
    const last = parts.at(-1)
    if (last === undefined || last.size > limit)
      parts.push({ from: i, texts: [text], size: Buffer.byteLength(text) })
    else {
      last.texts.push(text)
      last.size += Buffer.byteLength(text)
    }
  })
  return parts
}

const totalSize = (texts: ReadonlyArray<string>): number =>
  texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)

/** Tells which files belong to a page. */
const keyOf = (index: string, texts: ReadonlyArray<string>): string => {
  const hash = createHash('sha256').update(index)
  for (const text of texts) hash.update('\n').update(text)
  return hash.digest('hex').slice(0, 32)
}

// constructors -----------------------------------------------------------------------------------

/** The page, with its texts in it or beside it. */
export const browserFiles = (data: BrowserData, limits: SizeLimits = sizeLimits): BrowserFiles => {
  const { suite } = data.index
  const index = inert(data.index)
  const texts = data.texts.map(inert)
  const key = keyOf(index, texts)
  if (totalSize([index, ...texts]) <= limits.inline)
    return { page: browserPage({ suite, key, index, texts: `[${texts.join(',')}]` }), sidecars: [] }
  const parts = partsOf(texts, limits.part)
  return {
    page: browserPage({ suite, key, index, parts: inert(parts.map(({ from }) => from)) }),
    sidecars: parts.map(({ texts: own }, part) => ({
      name: nameOf(part),
      content: `${sidecarCall}"${key}",${part},[${own.join(',')}])\n`,
    })),
  }
}
