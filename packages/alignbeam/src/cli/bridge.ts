/** `alignbeam bridge`: which tokens of an anchor have a counterpart in a draft's vocabulary. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { command, file, optional, overwriteOption, required, tokenizerFolder } from '@safe/tensor-core/cli'
import type { Fault, Tokenizer } from '@safe/tensor-core/contracts'
import { refuseExisting, writeWhole } from '@safe/tensor-core/files'
import { loadTokenizer } from '@safe/tensor-core/text'
import { type Bridge, bridgeShare } from '../mixing/bridge'
import { keptBridge } from '../bridgeCache'
import { tokenizerMissing } from '../errors'
import { alignBeamOptions } from '../options'
import { endsOf } from '../settings'
import { bridgeCacheOf, bridgeCacheOption } from './bridgeCacheOption'
import { folderStops } from './folderStops'

/** The bridge as the command prints it. */
export const bridgeDocument = (bridge: Bridge) => ({
  anchorVocab: bridge.anchorVocab,
  draftVocab: bridge.draftVocab,
  mapped: bridge.mapped,
  share: bridgeShare(bridge),
  special: bridge.special,
  map: Array.from(bridge.map),
})

const summary = (bridge: Bridge): string =>
  [
    `${bridge.mapped} of the anchor's ${bridge.anchorVocab} tokens (${(100 * bridgeShare(bridge)).toFixed(1)} %) have one of the draft's ${bridge.draftVocab}`,
    `${bridge.special} are special or unknown, ${bridge.anchorVocab - bridge.mapped - bridge.special} have no single counterpart`,
  ].join('\n')

/** A folder's tokenizer, which must be there. */
export const tokenizerOf = (dir: string): TE.TaskEither<Fault, Tokenizer> =>
  pipe(
    loadTokenizer(dir),
    TE.chainW((tokenizer) =>
      tokenizer === undefined ? TE.left(tokenizerMissing(dir)) : TE.right(tokenizer),
    ),
  )

/** A folder's tokenizer, with where its model stops. */
const bridgeableOf = (dir: string) =>
  pipe(
    tokenizerOf(dir),
    TE.bindTo('tokenizer'),
    TE.bind('stopTokens', (): TE.TaskEither<Fault, ReadonlySet<number>> => folderStops(dir)),
  )

export const bridgeCommand = command({
  name: 'bridge',
  description: "map an anchor's vocabulary to a draft's",
  example: 'alignbeam bridge --draft models/tuned --anchor models/anchor',
  options: {
    draft: required(tokenizerFolder('model or tokenizer folder of the draft')),
    anchor: required(tokenizerFolder('model or tokenizer folder of the anchor')),
    multi: alignBeamOptions.multi,
    out: optional(file('JSON file to write')),
    ...bridgeCacheOption,
    ...overwriteOption,
  },
  run: ({ draft, anchor, multi, out, overwrite, noCache }, context) =>
    pipe(
      out === undefined ? TE.right('') : TE.fromEither(refuseExisting(out, { overwrite })),
      TE.chainW(() => bridgeableOf(draft)),
      TE.bindTo('ours'),
      TE.bind('theirs', () => bridgeableOf(anchor)),
      TE.chainTaskK(({ ours, theirs }) =>
        keptBridge(
          theirs.tokenizer,
          ours.tokenizer,
          multi,
          endsOf(theirs, ours),
          bridgeCacheOf({ noCache }, context),
        ),
      ),
      TE.chainFirst((bridge): TE.TaskEither<Fault, void> =>
        out === undefined
          ? TE.right(undefined)
          : writeWhole(out, `${JSON.stringify(bridgeDocument(bridge))}\n`),
      ),
      TE.map((bridge) => ({ json: bridgeDocument(bridge), text: summary(bridge) })),
    ),
})
