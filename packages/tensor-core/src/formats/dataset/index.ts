/** Data files: rows in, examples out, rows out. */
export { exampleOf, readDataset } from './dataset'
export { type DataError, type Row, readHeaderLine, readRows } from './rows'
export { writeJsonl, writeRaw } from './write'
