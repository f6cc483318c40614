/** Limits on a Parquet file, checked before anything is decoded; each is far above what writers produce. */

/** Bytes of the footer. */
export const maxFooterBytes = 1 << 24
/** Nodes of the schema: columns and the structures around them. */
export const maxSchemaNodes = 10_000
/** Levels of nested structures. */
export const maxSchemaDepth = 32
/** Values of one column in one row group; every list item counts. */
export const maxChunkValues = 1 << 25
/** Bytes of one page after decompression. */
export const maxPageBytes = 1 << 29
/** Bytes of one column in one row group, as stored in the file. */
export const maxChunkBytes = 2 ** 31 - 1
