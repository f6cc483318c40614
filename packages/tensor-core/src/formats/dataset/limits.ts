/** How large a data file may be. */
import { getHeapStatistics } from 'node:v8'

/** Characters of one row: a line, an item, a CSV record. */
export const maxRowCharacters = 1 << 26

/** Characters of a JSON array or a CSV file, which are parsed as a whole: what a JavaScript string can hold. */
export const maxWholeCharacters = 2 ** 29 - 24

/** A gzip file that unfolds to more than this may not be more than so many times its own size. */
export const freeUnfolding = 1 << 26
export const maxUnfolding = 500

/**
 * Rows are held in memory. What they will take is estimated before they are parsed, and refused above this share of what the
 * process may have, since running out of memory could not be said in words.
 */
export const memoryLimit = (): number => 0.75 * getHeapStatistics().heap_size_limit
