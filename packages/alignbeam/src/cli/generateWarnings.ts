/** What a user of `alignbeam generate` should know before and after a run. */
import * as E from 'fp-ts/Either'
import type { Context } from '@safe/tensor-core/cli'
import { bridgeShare } from '../mixing/bridge'
import { modelBridge } from '../settings'
import { isRemote } from '../remote/remoteModel'
import type { Cast } from './answering'
import { type GenerateValues, alignBeamSettingsOf } from './generateOptions'

/** A bridge that carries less than this share of the anchor's tokens is warned of. */
const lowShare = 0.1

/** Warns of settings and models that will not do what the user may expect. */
export const warnBefore = (values: GenerateValues, { draft, anchor }: Cast, context: Context): void => {
  if (values.method !== 'alignbeam') return
  const settings = alignBeamSettingsOf(values)
  if (E.isLeft(settings)) return
  const { alpha, beams, multi } = settings.right
  if (alpha === 0)
    context.warn(
      "--alpha 0 does not switch the method off: the draft still chooses among the anchor's tokens; --method draft does",
    )
  if (beams > 1 && values.judge === 'none')
    context.warn('without --judge the most probable beam is returned, which --beams 1 does at less cost')
  if (anchor === undefined || draft === undefined || isRemote(anchor) || isRemote(draft)) return
  const bridge = modelBridge(anchor, draft, multi)
  if (E.isRight(bridge) && bridgeShare(bridge.right) < lowShare)
    context.warn(
      `only ${(100 * bridgeShare(bridge.right)).toFixed(1)} % of the anchor's tokens have a counterpart in the draft's vocabulary`,
    )
}

/** A warning where the draft seems to be aligned already: the paper measures that mixing can harm such a model. */
export const alreadyAligned = (refusals: number, own: number): string | undefined =>
  refusals > 0 && 2 * own >= refusals
    ? `the draft opens ${own} of ${refusals} refusals by itself: it seems to be aligned already, and mixing can make such a model worse`
    : undefined
