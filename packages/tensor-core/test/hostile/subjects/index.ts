/** All subjects of mutation tests. */
import { adapter, configuration } from './models'
import { csv, gzipped, jsonArray, jsonLines } from './data'
import { gguf } from './gguf'
import { parquet, parquetFile } from './parquet'
import { safetensors, shards } from './safetensors'
import { template, tokenizer } from './tokenizers'
import type { Subject } from '../subject'

export const subjects: ReadonlyArray<Subject> = [
  safetensors,
  shards,
  gguf,
  configuration,
  adapter,
  tokenizer,
  template,
  jsonLines,
  gzipped,
  jsonArray,
  csv,
  parquet,
  parquetFile,
]
