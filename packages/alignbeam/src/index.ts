/** AlignBeam: a safe anchor's next-token distribution mixed into another model's vocabulary, its baselines and its rivals. */
export { type AlignBeamResources, alignBeam } from './alignBeam'
export { hardPrefix, safetySystem } from './baselines/oneModel'
export {
  type AlignBeamOptions,
  type PrefixOptions,
  type SafeDecodingOptions,
  type SystemPromptOptions,
  alignBeamOptions,
  completionOptions,
  prefixOptions,
  safeDecodingOptions,
  systemPromptOptions,
} from './options'
export { plugins } from './plugin'
export { type AnchorAloneResources, anchorAlone } from './rivals/anchorAlone'
export { type GuardResources, guard } from './rivals/guard'
export type { UnparsedPolicy } from './rivals/guardVerdict'
export { type NudgingResources, nudging } from './rivals/nudging/nudging'
export {
  type GuardOptions,
  type NudgingOptions,
  type ProxyTuningOptions,
  guardOptions,
  nudgingOptions,
  proxyTuningOptions,
} from './rivals/options'
export { type ProxyTuningResources, proxyTuning } from './rivals/proxyTuning'
export { logRatio, proxyTuningMix } from './rivals/proxyTuningMix'
export { type Bridge, type Multi, bridgeOf, bridgeShare, buildBridge } from './mixing/bridge'
export {
  type DraftMass,
  type MixOptions,
  type Mixed,
  type Support,
  bestToken,
  mix,
  mostProbable,
} from './mixing/mix'
export { commonTokens, safeDecodingMix } from './baselines/safeDecodingMix'
export { type Beam, type Beams, type Telemetry, decodeBeams, telemetryOf } from './mixing/beams'
export { type Answer, type JudgedBeam, answerBatch } from './mixing/answer'
export { type OnNoSafe, chooseBeam } from './mixing/chooseBeam'
export { type Mixer, type MixedSession, openMixed } from './mixing/mixedSession'
export type { BridgeCacheUse } from './bridgeCache'
export { type EndTokens, endTokens } from './mixing/ends'
export { type Bridgeable, alignBeamMixer, defaultSettings, modelBridge, readyBridge } from './settings'
export type { OnWarning } from './warnings'
export type { Continuation } from './remote/continuation'
export { type RemoteModel, type RemoteOptions, remoteModel } from './remote/remoteModel'
export { type SafeDecodingResources, safeDecoding, safeDecodingMixer } from './baselines/safeDecoding'
export { safetySystemPrompt } from './defaults'
export type { AlignBeamError } from './errors'
