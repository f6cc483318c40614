/**
 * Bridges on disk, one file per pair of tokenizers and settings. Building a bridge encodes every token of the anchor's vocabulary, which
 * takes long for a large one; reading it back does not. A file is named by the hash of everything that decides the bridge and is checked
 * when it is read: what is damaged, or of another pair, is built again and written anew. Several processes may use one folder.
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as T from 'fp-ts/Task'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type Tokenizer, faultLine } from '@safe/tensor-core/contracts'
import { cacheHome, contentHash, readJson, writeWhole } from '@safe/tensor-core/files'
import {
  type Bridge,
  type Ends,
  type Multi,
  bridgeKey,
  bridgeOf,
  knownBridge,
  rememberBridge,
} from './mixing/bridge'

// model ------------------------------------------------------------------------------------------

/** How bridges are kept. */
export interface BridgeCacheUse {
  /** The folder of kept bridges; default `bridge` in `SAFE_CACHE`, else in `~/.cache/safe`. False: nothing is read and nothing is kept. */
  readonly cache?: string | false | undefined
  /** Takes a line where a bridge cannot be kept. */
  readonly onWarning?: ((line: string) => void) | undefined
}

/** Part of every key: raised when the file changes, or what `buildBridge` makes of the same tokenizers. */
const version = 1

/** The bridge of a smaller vocabulary is built in a fraction of a second, and is not kept. */
const worthKeeping = 8192

/** `map` is the base64 of little-endian 32-bit integers; the digest shows an entry that was changed or written half. */
const Entry = t.type({
  key: t.string,
  digest: t.string,
  multi: t.keyof({ drop: null, first: null, exact: null } satisfies Record<Multi, null>),
  anchorVocab: t.number,
  draftVocab: t.number,
  special: t.number,
  map: t.string,
})
type Entry = t.TypeOf<typeof Entry>

// text -------------------------------------------------------------------------------------------

const width = Int32Array.BYTES_PER_ELEMENT

const encoded = (map: Int32Array): string => {
  const bytes = Buffer.alloc(map.length * width)
  map.forEach((id, at) => bytes.writeInt32LE(id, at * width))
  return bytes.toString('base64')
}

const decoded = (text: string): Int32Array => {
  const bytes = Buffer.from(text, 'base64')
  return Int32Array.from({ length: Math.floor(bytes.length / width) }, (_, at) =>
    bytes.readInt32LE(at * width),
  )
}

const digestOf = (entry: Omit<Entry, 'digest'>): string => contentHash({ ...entry, digest: undefined })

// checking ---------------------------------------------------------------------------------------

/** The bridge of an entry; undefined unless it is a whole bridge of this key between vocabularies of these sizes. */
const bridgeIn = (json: unknown, key: string, anchor: Tokenizer, draft: Tokenizer): Bridge | undefined => {
  const entry = Entry.decode(json)
  if (E.isLeft(entry) || entry.right.key !== key || digestOf(entry.right) !== entry.right.digest)
    return undefined
  const { multi, anchorVocab, draftVocab, special } = entry.right
  const map = decoded(entry.right.map)
  const mapped = map.reduce((n, id) => (id >= 0 ? n + 1 : n), 0)
  const fits =
    anchorVocab === anchor.size &&
    draftVocab === draft.size &&
    map.length === anchorVocab &&
    map.every((id) => id >= -1 && id < draftVocab) &&
    Number.isInteger(special) &&
    special >= 0 &&
    special <= anchorVocab - mapped
  return fits ? { multi, anchorVocab, draftVocab, map, mapped, special } : undefined
}

const entryOf = (key: string, { multi, anchorVocab, draftVocab, special, map }: Bridge): Entry => {
  const entry = { key, multi, anchorVocab, draftVocab, special, map: encoded(map) }
  return { ...entry, digest: digestOf(entry) }
}

// constructor ------------------------------------------------------------------------------------

const keep = (path: string, key: string, bridge: Bridge, onWarning: (line: string) => void): T.Task<void> =>
  pipe(
    writeWhole(path, `${JSON.stringify(entryOf(key, bridge))}\n`),
    T.map(
      E.match(
        (fault) => onWarning(`the bridge is not kept: ${faultLine(fault)}`),
        () => undefined,
      ),
    ),
  )

/**
 * As `bridgeOf`: from memory, else from the cache, else built and kept. A bridge that this has made ready is found by `bridgeOf`.
 *
 * @returns never fails: a cache that cannot be read or written costs the time of building, and a warning where it cannot be written
 */
export const keptBridge = (
  anchor: Tokenizer,
  draft: Tokenizer,
  multi: Multi,
  ends: Ends | undefined,
  { cache, onWarning = () => undefined }: BridgeCacheUse = {},
): T.Task<Bridge> => {
  const make = (): Bridge => bridgeOf(anchor, draft, multi, ends)
  if (cache === false || anchor.size < worthKeeping) return T.fromIO(make)
  return async () => {
    const decides = bridgeKey(anchor, draft, multi, ends)
    const known = knownBridge(decides)
    if (known !== undefined) return known
    const key = createHash('sha256')
      .update(JSON.stringify([version, decides]))
      .digest('hex')
    const path = join(cache ?? join(cacheHome(), 'bridge'), `${key}.json`)
    const read = await readJson(path)()
    const found = E.isLeft(read) ? undefined : bridgeIn(read.right, key, anchor, draft)
    if (found !== undefined) return rememberBridge(decides, found)
    const built = make()
    await keep(path, key, built, onWarning)()
    return built
  }
}
