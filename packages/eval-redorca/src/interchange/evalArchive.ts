/**
 * Samples of a log of inspect_ai in its `.eval` form: a zip file with a JSON document for each sample under `samples/`, compressed by
 * deflate or zstd. Logs whose samples are split into chunks (very long transcripts) are refused.
 */
import { inflateRawSync } from 'node:zlib'
import { decompress as unpackZstd } from 'fzstd'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Entry, type ZipFile, openPromise } from 'yauzl'
import { type Fault, badInput, causeLine } from '@safe/tensor-core/contracts'
import { parseInspectJson } from './inspectJson'

// limits -----------------------------------------------------------------------------------------

/** Largest sample, in bytes of JSON. */
const maxSampleBytes = 1 << 28

const remedy = 'convert it with `inspect log convert --to json`'

const unsupported = (path: string, message: string): Fault =>
  badInput('FileUnsupported', message, { where: path, remedy })

// members ----------------------------------------------------------------------------------------

const stored = 0
const deflated = 8
const zstd = 93

const unpack = (method: number, packed: Uint8Array, length: number): Uint8Array => {
  switch (method) {
    case stored:
      return packed
    case deflated:
      return inflateRawSync(packed, { maxOutputLength: Math.max(1, length) })
    case zstd:
      return unpackZstd(packed, new Uint8Array(length))
    default:
      return new Uint8Array(0)
  }
}

/** The bytes of a member as they are in the file. */
const packedBytes = async (zip: ZipFile, entry: Entry): Promise<Uint8Array> => {
  const parts: Uint8Array[] = []
  const stream = await zip.openReadStreamPromise(entry, { decodeFileData: false })
  for await (const part of stream) if (part instanceof Uint8Array) parts.push(part)
  return Buffer.concat(parts)
}

const memberOf = (path: string, zip: ZipFile, entry: Entry): TE.TaskEither<Fault, unknown> => {
  const { fileName, compressionMethod, compressedSize, uncompressedSize } = entry
  return ![stored, deflated, zstd].includes(compressionMethod)
    ? TE.left(unsupported(path, `${fileName} is compressed by method ${compressionMethod}`))
    : Math.max(compressedSize, uncompressedSize) > maxSampleBytes
      ? TE.left(unsupported(path, `${fileName} is larger than ${maxSampleBytes} bytes`))
      : pipe(
          TE.tryCatch(
            async () => unpack(compressionMethod, await packedBytes(zip, entry), uncompressedSize),
            (cause) => unsupported(path, `${fileName} cannot be read (${causeLine(cause)})`),
          ),
          TE.chainEitherK((bytes) =>
            parseInspectJson(`${path}: ${fileName}`, Buffer.from(bytes).toString('utf8')),
          ),
        )
}

/** The last member of each name counts: that is how inspect replaces one. */
const sampleEntries = async (zip: ZipFile): Promise<ReadonlyArray<Entry>> => {
  const found = new Map<string, Entry>()
  for await (const entry of zip.eachEntry())
    if (entry.fileName.startsWith('samples/')) found.set(entry.fileName, entry)
  return [...found.values()]
}

/** `samples/ID_epoch_N/...` in place of `samples/ID_epoch_N.json`. */
const isChunk = ({ fileName }: Entry): boolean => fileName.split('/').length > 2

// reading ----------------------------------------------------------------------------------------

/** What `keep` keeps of the JSON of every sample, in the order of the file; the rest of a sample is let go before the next is read. */
export const readEvalArchive = <A>(
  path: string,
  keep: (sample: unknown) => E.Either<Fault, A>,
): TE.TaskEither<Fault, ReadonlyArray<A>> =>
  TE.bracket(
    TE.tryCatch(
      () => openPromise(path, { lazyEntries: true, autoClose: false }),
      (cause) => unsupported(path, `is not an .eval log (${causeLine(cause)})`),
    ),
    (zip) =>
      pipe(
        TE.tryCatch(
          () => sampleEntries(zip),
          (cause) => unsupported(path, `is damaged (${causeLine(cause)})`),
        ),
        TE.chainEitherK((entries) =>
          entries.some(isChunk) ? E.left(unsupported(path, 'has samples in chunks')) : E.right(entries),
        ),
        TE.chain(TE.traverseSeqArray((entry) => pipe(memberOf(path, zip, entry), TE.chainEitherK(keep)))),
      ),
    (zip) => TE.fromIO(() => zip.close()),
  )
