/** AlignBeam: a safe anchor's next-token distribution mixed into another model's vocabulary, and its baselines. */
export {
  type AlignBeamOptions,
  type SafeDecodingOptions,
  alignBeam,
  hardPrefix,
  safeDecoding,
  safetySystem,
} from './defence'
export { plugins } from './plugin'
export { type Bridge, type Multi, bridgeOf, bridgeShare, buildBridge } from './bridge'
export {
  type DraftMass,
  type MixOptions,
  type Mixed,
  type Support,
  bestToken,
  mix,
  mostProbable,
} from './mix'
export { commonTokens, safeDecodingMix } from './safeDecodingMix'
export { type Beam, type Beams, type Telemetry, decodeBeams, telemetryOf } from './beams'
export { type Answer, type JudgedBeam, answerBatch } from './answer'
export { type OnNoSafe, chooseBeam } from './chooseBeam'
export { type Mixer, type MixedSession, openMixed } from './mixedSession'
export { type AlignBeamSettings, alignBeamMixer, defaultSettings, modelBridge } from './settings'
export { type SafeDecodingSettings, defaultSafeDecoding, safeDecodingMixer } from './safeDecoding'
export { alignBeamDefaults, completionDefaults, safeDecodingDefaults, safetySystemPrompt } from './defaults'
export type { AlignBeamError } from './errors'
