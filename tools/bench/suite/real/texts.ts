/** Text that both sides of a row read: paragraphs of this repository's own documents. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

// model ------------------------------------------------------------------------------------------

/** The text of one row; its response is empty where it is to be completed. */
export interface TextRow {
  readonly prompt: string
  readonly response: string
}

const documents = join(__dirname, '..', '..', '..', '..', 'docs')

/** Characters of the shortest paragraph that is used, of a prompt before a response, and of the longest response. */
const SHORTEST = 160
const PROMPT = 120
const LONGEST = 900

// rows -------------------------------------------------------------------------------------------

const paragraphsOf = (path: string): ReadonlyArray<string> =>
  readFileSync(path, 'utf8')
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.replace(/\s+/g, ' ').trim())
    .filter((paragraph) => paragraph.length >= SHORTEST && /^[A-Z]/.test(paragraph))

const markdownIn = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => join(folder, name))

const paragraphs = (count: number): ReadonlyArray<string> => {
  const found = [join(documents, 'decisions'), documents].flatMap(markdownIn).flatMap(paragraphsOf)
  if (found.length < count)
    throw new Error(`${documents} has ${found.length} paragraphs, ${count} are needed`)
  return found.slice(0, count)
}

/** Prompts of unequal length. */
export const promptRows = (count: number): ReadonlyArray<TextRow> =>
  paragraphs(count).map((text) => ({ prompt: text.slice(0, LONGEST), response: '' }))

/** Paragraphs whose beginning is the prompt and whose rest is scored. */
export const scoredRows = (count: number): ReadonlyArray<TextRow> =>
  paragraphs(count).map((text) => {
    const cut = text.indexOf(' ', PROMPT)
    return { prompt: text.slice(0, cut), response: text.slice(cut, cut + LONGEST) }
  })
