/** What a Parquet file may ask for before anything is decoded; each limit is far above what writers produce. */

/** Bytes of the footer that describes the file. */
export const maxFooterBytes = 1 << 24
/** Nodes of the schema: columns and the structures they stand in. */
export const maxSchemaNodes = 10_000
/** Structures inside structures. */
export const maxSchemaDepth = 32
/** Values of one column in one row group; list items count one by one. */
export const maxChunkValues = 1 << 25
/** Bytes of one page when it is unpacked. */
export const maxPageBytes = 1 << 29
/** Bytes of one column in one row group, as they lie in the file. */
export const maxChunkBytes = 2 ** 31 - 1
