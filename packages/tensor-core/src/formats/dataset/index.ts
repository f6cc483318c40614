/** Data files: reading rows and examples, and writing rows. */
export { exampleOf, readDataset } from './dataset'
export type { DataError, Row } from './row'
export { readHeaderLine, readRows } from './rows'
export { writeJsonl, writeRaw } from './write'
