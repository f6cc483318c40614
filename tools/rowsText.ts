import type { Dataset } from '@safe/tensor-core/contracts'

/** A data set as JSONL: its rows as they came. */
export const rowsText = ({ examples }: Dataset): string => examples.map(({ raw }) => `${raw}\n`).join('')
