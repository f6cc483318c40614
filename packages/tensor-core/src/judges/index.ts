/** Who says what a completion was: every phrase list and every judge, once. */
export { alignbeamPhrases } from './alignbeamPhrases'
export { completionJudge, pairJudge } from './asking/asJudge'
export type { KindOption } from './asking/kind'
export {
  type Ask,
  type Replier,
  type ReplyLimits,
  type ReplyToken,
  type TextReply,
  judgeByReplies,
  pairwiseByReplies,
} from './judgeByReplies'
export { degenerate } from './degenerate'
export { type HarmFinding, harmFinding, judgeOfHarm } from './harm'
export { isAddress } from './endpointJudge'
export { gcgPhrases } from './gcgPhrases'
export {
  type JudgeExample,
  type JudgeExamplesUse,
  type LabelledItem,
  judgeExamples,
  verdictWords,
} from './judgeExamples'
export { type JudgeSpec, judgeSpecText, parseJudgeSpec } from './judgeSpec'
export { normalised } from './normalise'
export { type JudgeUse, type OpenedJudge, type OpenedPairwise, openJudge, openPairwise } from './openJudge'
export { ownJudge } from './ownJudge'
export { phraseJudge, refusalJudge } from './phraseJudge'
export { type FoundPhrase, type PhraseList, type PhrasePattern, listId, phraseIn } from './phraseList'
export { opensWithRefusal, refusalOpenings } from './refusalOpenings'
export { refusalPhrases } from './refusalPhrases'
export {
  type JudgeEntry,
  type ModelJudge,
  type PairJudge,
  type ReadyJudge,
  judgeEntry,
  judgeNamed,
  judges,
} from './registry'
