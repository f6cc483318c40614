/** The rivals of the training stage. */
import type { DefencePlugin } from '@safe/tensor-core/contracts'
import { constrainedSftPlugin } from './constrainedSft'
import { emaPlugin } from './ema'
import { lisaPlugin } from './lisa'
import { safegradPlugin } from './safegrad'
import { safetyAfterPlugin } from './safetyAfter'

export { type ConstrainedSftOptions, constrainedSft, constrainedSftOptions } from './constrainedSft'
export { type EmaOptions, ema, emaOptions } from './ema'
export type { RivalError } from './errors'
export { type LisaOptions, lisa, lisaOptions } from './lisa'
export type { SafeResources } from './safeRows'
export { type SafegradOptions, safegrad, safegradOptions } from './safegrad'
export { type SafetyAfterOptions, safetyAfter, safetyAfterOptions } from './safetyAfter'

/** The rivals, as a benchmark finds them. */
export const rivals: ReadonlyArray<DefencePlugin> = [
  safegradPlugin,
  safetyAfterPlugin,
  constrainedSftPlugin,
  lisaPlugin,
  emaPlugin,
]
