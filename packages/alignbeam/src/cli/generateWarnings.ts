/** What a user of `alignbeam generate` should know before a run. */
import * as E from 'fp-ts/Either'
import { type Context, flagged } from '@safe/tensor-core/cli'
import { modelBridge } from '../settings'
import { narrowBridge, unjudgedBeams } from '../warnings'
import { isRemote } from '../remote/remoteModel'
import type { Cast } from './answering'
import { type GenerateValues, alignBeamSettingsOf, generateOptions } from './generateOptions'

/** Warns of settings and models that will not do what the user may expect. */
export const warnBefore = (
  values: GenerateValues,
  { draft, anchor, judge }: Cast,
  context: Context,
): void => {
  if (values.method !== 'alignbeam') return
  const settings = alignBeamSettingsOf(values)
  if (E.isLeft(settings)) return
  const { alpha, multi } = settings.right
  const bridge =
    anchor === undefined || draft === undefined || isRemote(anchor) || isRemote(draft)
      ? undefined
      : modelBridge(anchor, draft, multi)
  const lines = [
    alpha === 0
      ? "`alpha` 0 does not switch the method off: the draft still chooses among the anchor's tokens; `method` draft does"
      : undefined,
    unjudgedBeams(settings.right, judge !== undefined),
    bridge === undefined || E.isLeft(bridge) ? undefined : narrowBridge(bridge.right),
  ]
  for (const line of lines) if (line !== undefined) context.warn(flagged(line, generateOptions))
}
