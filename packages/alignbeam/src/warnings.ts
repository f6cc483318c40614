/** What a user should know of settings and models that will not do what may be expected of them. */
import type { Answer } from './mixing/answer'
import { type Bridge, bridgeShare } from './mixing/bridge'
import type { AlignBeamOptions } from './options'

/** Takes a line for the user; field names stand in backticks. */
export type OnWarning = (line: string) => void

// settings ---------------------------------------------------------------------------------------

/** Where nobody chooses among several beams, all but one are decoded for nothing. */
export const unjudgedBeams = (
  { beams }: Pick<AlignBeamOptions, 'beams'>,
  judged: boolean,
): string | undefined =>
  beams > 1 && !judged
    ? `without a judge ${beams} beams are decoded and only the most probable one is returned: \`beams\` 1 decodes that one alone, a \`judge\` chooses among them`
    : undefined

// models -----------------------------------------------------------------------------------------

/** A bridge that carries less than this share of the anchor's tokens is warned of. */
const lowShare = 0.1

/** Where two vocabularies have little in common. */
export const narrowBridge = (bridge: Bridge): string | undefined =>
  bridgeShare(bridge) < lowShare
    ? `only ${(100 * bridgeShare(bridge)).toFixed(1)} % of the anchor's tokens have a counterpart in the draft's vocabulary`
    : undefined

/** A warning where the draft seems to be aligned already: the paper measures that mixing can harm such a model. */
export const alreadyAligned = (refusals: number, own: number): string | undefined =>
  refusals > 0 && 2 * own >= refusals
    ? `the draft opens ${own} of ${refusals} refusals by itself: it seems to be aligned already, and mixing can make such a model worse`
    : undefined

/** How many refusals there must be before a model that is still answering is warned of. */
const enoughRefusals = 4

/** Counts the refusals of a model while it answers. */
export interface AlignedWatch {
  readonly saw: (answers: ReadonlyArray<Pick<Answer, 'refuses' | 'draftRefuses'>>) => void
  /** No more answers come: fewer refusals than enough are judged too. */
  readonly end: () => void
}

/** Warns once of a draft that seems to be aligned already. */
export const watchAligned = (onWarning: OnWarning): AlignedWatch => {
  const seen = { refusals: 0, own: 0, warned: false }
  const judge = (enough: number): void => {
    const line = seen.refusals < enough ? undefined : alreadyAligned(seen.refusals, seen.own)
    if (line === undefined || seen.warned) return
    seen.warned = true
    onWarning(line)
  }
  return {
    saw: (answers) => {
      seen.refusals += answers.filter((a) => a.refuses).length
      seen.own += answers.filter((a) => a.draftRefuses).length
      judge(enoughRefusals)
    },
    end: () => judge(1),
  }
}
