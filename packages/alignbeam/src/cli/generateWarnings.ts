/** What a user of `alignbeam generate` should know before and after a run. */
import * as E from 'fp-ts/Either'
import type { Context } from '@safe/tensor-core/cli'
import { bridgeShare } from '../bridge'
import { modelBridge } from '../settings'
import type { Cast } from './answering'
import { type GenerateValues, alignBeamSettingsOf } from './generateOptions'

/** A bridge that carries less than this share of the anchor's tokens is worth a word. */
const lowShare = 0.1

export const warnBefore = (values: GenerateValues, { draft, anchor }: Cast, context: Context): void => {
  if (values.method !== 'alignbeam') return
  const { alpha, beams, multi } = alignBeamSettingsOf(values)
  if (alpha === 0)
    context.warn(
      "--alpha 0 does not switch the method off: the draft still chooses among the anchor's tokens; --method draft does",
    )
  if (beams > 1 && values.judge === 'none')
    context.warn('without --judge the most probable beam is returned, which --beams 1 does at less cost')
  if (anchor === undefined || draft === undefined) return
  const bridge = modelBridge(anchor, draft, multi)
  if (E.isRight(bridge) && bridgeShare(bridge.right) < lowShare)
    context.warn(
      `only ${(100 * bridgeShare(bridge.right)).toFixed(1)} % of the anchor's tokens have a counterpart in the draft's vocabulary`,
    )
}

/** What a run tells of the draft: the paper measures harm where it is aligned already. */
export const alreadyAligned = (refusals: number, own: number): string | undefined =>
  refusals > 0 && 2 * own >= refusals
    ? `the draft opens ${own} of ${refusals} refusals by itself: it seems to be aligned already, and mixing can make such a model worse`
    : undefined
