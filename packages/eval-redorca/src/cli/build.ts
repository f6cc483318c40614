/** `build`: a fine-tuning set like RedOrca from the user's own files, with a manifest of where every row came from. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  command,
  count,
  dataFile,
  file,
  many,
  number,
  optional,
  overwriteOption,
  required,
} from '@safe/tensor-core/cli'
import type { Fault } from '@safe/tensor-core/contracts'
import { refuseExisting, writeWhole } from '@safe/tensor-core/files'
import { type Row, writeJsonl } from '@safe/tensor-core/formats'
import { type Eligible, drawn, eligible, ordered, quotaOf } from '../mix/mixture'
import { fileSha256, keyedRows, referenceOf, sourceName } from '../mix/sourceFile'

// parts ------------------------------------------------------------------------------------------

type Fields = Row['value']

/** A source of the mixture after its rows were drawn; the others are no longer held. */
interface Drawn {
  readonly rows: ReadonlyArray<Fields>
  /** Prompts of the source that may be drawn. */
  readonly keys: ReadonlySet<string>
  readonly entry: {
    readonly path: string
    readonly sha256: string
    readonly rows: number
    readonly taken: number
    readonly excluded: number
    readonly duplicates: number
  }
}

/** Fields of the row itself that the mixture names too are kept under another name. */
const tagged =
  (source: string, unsafe: 0 | 1) =>
  ({ source: ownSource, unsafe: ownUnsafe, ...row }: Fields): Fields => ({
    ...row,
    ...(ownSource === undefined ? {} : { ownSource }),
    ...(ownUnsafe === undefined ? {} : { ownUnsafe }),
    source,
    unsafe,
  })

const drawnFrom = (
  path: string,
  kind: 'unsafe' | 'instructions',
  wanted: number,
  seed: number,
  excluded: ReadonlySet<string>,
  taken?: ReadonlySet<string>,
): TE.TaskEither<Fault, Drawn> =>
  pipe(
    TE.Do,
    TE.bindW('all', () => keyedRows(path)),
    TE.let('pool', ({ all }): Eligible<Fields> => eligible(all, excluded, taken)),
    TE.bindW('rows', ({ pool }) => TE.fromEither(drawn(pool, wanted, seed, kind, path))),
    TE.bindW('sha256', () => fileSha256(path)),
    TE.map(({ all, pool, rows, sha256 }) => ({
      rows: rows.map(tagged(sourceName(path), kind === 'unsafe' ? 1 : 0)),
      keys: new Set(pool.rows.map((r) => r.key)),
      entry: {
        path: referenceOf(path),
        sha256,
        rows: all.length,
        taken: rows.length,
        excluded: pool.excluded,
        duplicates: pool.duplicates,
      },
    })),
  )

/** An id that two rows carry, where rows carry ids: other commands match rows by them. */
const repeatedId = (rows: ReadonlyArray<Fields>): string | undefined => {
  const ids = rows.flatMap(({ id }) => (typeof id === 'string' || typeof id === 'number' ? [String(id)] : []))
  const seen = new Set<string>()
  return ids.find((id) => seen.size === seen.add(id).size)
}

/** The prompts of the sets that are kept out; one file is in memory at a time. */
const excludedPrompts = (paths: ReadonlyArray<string>) =>
  pipe(
    paths,
    TE.traverseSeqArray((path) =>
      pipe(
        TE.Do,
        TE.bindW('keys', () =>
          pipe(
            keyedRows(path),
            TE.map((rows) => rows.map((r) => r.key)),
          ),
        ),
        TE.bindW('sha256', () => fileSha256(path)),
        TE.map(({ keys, sha256 }) => ({
          keys,
          entry: { path: referenceOf(path), sha256, rows: keys.length },
        })),
      ),
    ),
    TE.map((files) => ({
      keys: new Set(files.flatMap((f) => f.keys)),
      entries: files.map((f) => f.entry),
    })),
  )

// command ----------------------------------------------------------------------------------------

export const buildCommand = command({
  name: 'build',
  description:
    'mix instructions with unsafe rows into a fine-tuning set (RedOrca): seeded, without replacement, no prompt of an excluded file',
  example:
    'redorca build --instructions tasks.jsonl --unsafe unsafe.jsonl --count 1000 --unsafe-share 0.05 --out mix.jsonl --manifest mix.json',
  options: {
    instructions: required(dataFile('instruction rows, in any form')),
    unsafe: required(dataFile('unsafe rows, in any form')),
    count: required(count('rows of the set')),
    unsafeShare: required(number('share of unsafe rows, rounded to whole rows', { min: 0, max: 1 })),
    exclude: optional(many(dataFile('evaluation or reference rows: no prompt of theirs is taken'))),
    out: required(file('JSONL: the rows as they are, with source and unsafe')),
    manifest: optional(
      file('JSON: files, their hashes, rows taken and left out (default: --out with .manifest.json)'),
    ),
    ...overwriteOption,
  },
  run: (
    {
      instructions,
      unsafe,
      count: rows,
      unsafeShare,
      exclude = [],
      out,
      manifest = `${out}.manifest.json`,
      overwrite,
    },
    { common: { seed }, warn },
  ) => {
    const quota = quotaOf(rows, unsafeShare)
    return pipe(
      TE.Do,
      TE.chainFirstEitherKW(() => refuseExisting(out, { overwrite })),
      TE.chainFirstEitherKW(() => refuseExisting(manifest, { overwrite })),
      TE.bindW('excluded', () => excludedPrompts(exclude)),
      TE.bindW('bad', ({ excluded }) => drawnFrom(unsafe, 'unsafe', quota.unsafe, seed, excluded.keys)),
      TE.bindW('good', ({ excluded, bad }) =>
        drawnFrom(instructions, 'instructions', quota.instructions, seed, excluded.keys, bad.keys),
      ),
      TE.chainFirstW(({ bad, good }) => writeJsonl(out, ordered([...bad.rows, ...good.rows], seed))),
      TE.tapIO(({ bad, good }) => () => {
        const id = repeatedId([...bad.rows, ...good.rows])
        if (id !== undefined) warn(`two rows have the id ${id}; commands that match rows need other ids`)
      }),
      TE.bindW('sha256', () => fileSha256(out)),
      TE.let('document', ({ excluded, bad, good, sha256 }) => ({
        sources: [good.entry, bad.entry],
        excludes: excluded.entries,
        count: rows,
        unsafeShare,
        seed,
        sha256,
      })),
      TE.chainFirstW(({ document }) => writeWhole(manifest, `${JSON.stringify(document, null, 1)}\n`)),
      TE.map(({ document, bad, good }) => ({
        json: { ...document, out, manifest },
        text: [
          `${rows} rows, ${quota.unsafe} unsafe: ${out}`,
          ...[good, bad].map(
            ({ entry }) =>
              `${entry.path}: ${entry.taken} of ${entry.rows} rows taken, ${entry.excluded} excluded, ${entry.duplicates} duplicates left out`,
          ),
        ].join('\n'),
      })),
    )
  },
})
