/** How large a data file may be. */
import { getHeapStatistics } from 'node:v8'

/** Most characters of one row: a line, an item, a CSV record. */
export const maxRowCharacters = 1 << 26

/** Most characters of a JSON array or a CSV file, which are parsed as a whole: the longest JavaScript string. */
export const maxWholeCharacters = 2 ** 29 - 24

/** A gzip file that expands to more than `freeUnfolding` bytes must not expand to more than `maxUnfolding` times its size. */
export const freeUnfolding = 1 << 26
export const maxUnfolding = 500

/**
 * Most bytes of memory for all rows. Rows are held in memory; their size is estimated before they are parsed, and a file above this
 * share of the heap is refused, because a process that runs out of memory cannot report an error.
 */
export const memoryLimit = (): number => 0.75 * getHeapStatistics().heap_size_limit
