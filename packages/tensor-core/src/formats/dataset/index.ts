/** Data files: rows in, examples out, rows out. */
export { exampleOf, readDataset } from './dataset'
export type { DataError, Row } from './row'
export { readHeaderLine, readRows } from './rows'
export { writeJsonl, writeRaw } from './write'
