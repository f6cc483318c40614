/**
 * Text from outside (names of sets, suites, judges, models) in files that others render: no name may end its own cell, open a tag or a
 * link, or change the writing direction.
 */
import { escaped } from '@safe/tensor-core/page'

/** Control characters and marks that change the writing direction become U+FFFD, line ends become blanks. */
/** One line without control characters; for values of YAML, which is quoted by its writer. */
export const plainLine = (text: string): string =>
  text
    .replace(/[\t\r\n\u0085\u2028\u2029]+/g, ' ')
    .replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\ufffd')

/** One line of Markdown in which no character has a meaning; also in a cell of a table. */
export const markdownText = (text: string): string =>
  plainLine(text).replace(/[\\`*_{}[\]<>()#!|~&@$]|:(?=\/\/)/g, '\\$&')

/** The value of an attribute or the content of an element in XML 1.0, which has no place for some characters, even escaped. */
export const xmlText = (text: string): string =>
  escaped(text.replace(/[\p{Surrogate}\ufffe\uffff]/gu, '\ufffd'))
