/**
 * The port to servers: `URL#MODEL` is asked through it. Judges are made of whatever replies (`askerByReplies`); what speaks HTTP is
 * given here.
 */
import * as TE from 'fp-ts/TaskEither'
import { type JudgeError, badInput } from '../contracts'
import type { Asker } from './asking/asker'
import type { AskerUse } from './asking/openAsker'
import type { ModelKind, OptionValues } from './asking/kind'
import type { Judged } from './asking/question'
import { type Replier, askerByReplies } from './asking/replies'

/** Connects to an address, `URL#MODEL`. */
export type Connect = (address: string, use: AskerUse) => TE.TaskEither<JudgeError, Replier>

/** There is no client of servers in this package yet. */
const connect: Connect = (address) =>
  TE.left(
    badInput('UnknownJudge', 'judges behind a server cannot be asked yet', {
      where: address,
      remedy: 'give a folder, a .gguf file or hub:ORG/NAME',
    }),
  )

/** Whether a model is named by its address at a server. */
export const isAddress = (model: string): boolean => /^https?:\/\//i.test(model)

/** A kind's question put to a server. */
export const endpointAsker = <A>(
  kind: ModelKind<A>,
  address: string,
  options: OptionValues,
  example: Judged,
  use: AskerUse,
): TE.TaskEither<JudgeError, Asker<A>> =>
  TE.map((replier: Replier) => askerByReplies(kind, options, example, replier))(connect(address, use))
