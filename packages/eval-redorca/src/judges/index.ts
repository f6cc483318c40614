/** Who says what a completion was. */
export { degenerate } from './degenerate'
export { gcgPhrases, type PhraseList, refusalPhrases } from './phrases'
export { phraseJudge, refusalIn, refusalJudge } from './refusal'
export { type JudgeEntry, judgeNamed, judges } from './registry'
