/**
 * The messages between a server and its model process, decoded on both sides.
 *
 * The channel is opened with `serialization: 'advanced'` (structured clone): JSON would turn a log-probability of -Infinity, which a
 * token without probability has, into null.
 *
 * An ask and a reply are `unknown` inside their messages and decoded by themselves: one that cannot be read fails only its own ask.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type Fault, failure } from '@safe/tensor-core/contracts'
import { errorLine } from '@safe/tensor-core/files'
import { faultCodec, gaugesCodec, modelsCodec } from './contractCodecs'

// codecs -----------------------------------------------------------------------------------------

/**
 * To the model process: `open` once, then asks, each under a number of its own, and those given up; at the end `close`. `module`
 * exports `openEngine`; `beatMs` is how often the process gives a sign of life, ms.
 */
export const toModel = t.union([
  t.type({ kind: t.literal('open'), module: t.string, settings: t.UnknownRecord, beatMs: t.number }),
  t.type({ kind: t.literal('ask'), key: t.number, ask: t.unknown }),
  t.type({ kind: t.literal('cancel'), key: t.number }),
  t.type({ kind: t.literal('close') }),
])
export type ToModel = t.TypeOf<typeof toModel>

/**
 * From the model process: progress of loading, then `opened` or `unopened`. After `opened`, the replies of one turn of its event
 * loop together, its gauges where they have changed, else `alive`. Warnings come at any time.
 */
export const fromModel = t.union([
  t.type({ kind: t.literal('progress'), note: t.string }),
  t.type({ kind: t.literal('warning'), line: t.string }),
  t.type({ kind: t.literal('opened'), models: modelsCodec }),
  t.type({ kind: t.literal('unopened'), fault: faultCodec }),
  t.type({
    kind: t.literal('replies'),
    replies: t.readonlyArray(t.type({ key: t.number, reply: t.unknown })),
  }),
  t.type({ kind: t.literal('gauges'), gauges: gaugesCodec }),
  t.type({ kind: t.literal('alive') }),
])
export type FromModel = t.TypeOf<typeof fromModel>

// decoding ---------------------------------------------------------------------------------------

/** @returns left a `failure`: what crosses the channel was made by this software. */
export const read =
  <A>(codec: t.Decoder<unknown, A>, what: string) =>
  (u: unknown): E.Either<Fault<'MessageDamaged'>, A> =>
    pipe(
      codec.decode(u),
      E.mapLeft((errors) => failure('MessageDamaged', `${what} cannot be read: ${errorLine(errors)}`)),
    )
