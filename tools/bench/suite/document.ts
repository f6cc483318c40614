/** Writes results into a document, between its two marks. */
import { readFileSync, writeFileSync } from 'node:fs'

const BEGIN = '<!-- suite: begin -->'
const END = '<!-- suite: end -->'

const places = (path: string, text: string): readonly [number, number] => {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)]
  if (begin === -1 || end < begin) throw new Error(`${path} has no lines ${BEGIN} and ${END}`)
  return [begin + BEGIN.length, end]
}

/** Throws where the document has no marks; called before the measurements. */
export const checkDocument = (path: string): void => {
  places(path, readFileSync(path, 'utf8'))
}

/** Replaces the text between the marks. */
export const putInto = (path: string, results: string): void => {
  const text = readFileSync(path, 'utf8')
  const [begin, end] = places(path, text)
  writeFileSync(path, `${text.slice(0, begin)}\n\n${results}\n\n${text.slice(end)}`)
}
