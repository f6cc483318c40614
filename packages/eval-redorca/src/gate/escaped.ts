/**
 * Text from outside (names of sets, suites, judges, models) in files that others render: no name may end its own cell, open a tag or a
 * link, or change the writing direction.
 */
import { escaped } from '@safe/tensor-core/page'

/** What acts on a screen, changes the writing direction, or cannot be seen (tags among it, which spell out hidden text). */
const unseen =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu

/** One line, in which what is unseen is U+FFFD; for values of YAML, which is quoted by its writer. */
export const plainLine = (text: string): string =>
  text.replace(/[\t\r\n\u0085\u2028\u2029]+/g, ' ').replace(unseen, '\ufffd')

/** One line of Markdown in which no character has a meaning, and no address is made a link of; also in a cell of a table. */
export const markdownText = (text: string): string =>
  plainLine(text).replace(/[\\`*_{}[\]<>()#!|~&@$]|:(?=\/\/)|(?<=www)\./gi, '\\$&')

/** The value of an attribute or the content of an element in XML 1.0, which has no place for some characters, even escaped. */
export const xmlText = (text: string): string =>
  escaped(text.replace(/[\p{Surrogate}\ufffe\uffff]/gu, '\ufffd'))
