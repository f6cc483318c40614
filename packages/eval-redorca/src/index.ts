/** RedOrca: judges, statistics, suites and the benchmark of all combinations of defences. */
export {
  type Agreement,
  type Clustered,
  type CorrectedRate,
  type ErrorRate,
  type Estimate,
  type JudgeErrors,
  type JudgedAndLabelled,
  type RatedPair,
  type ValidationRow,
  agreement,
  clusteredRate,
  errorsByStratum,
  estimatedRate,
  holm,
  judgeErrors,
  krippendorffAlpha,
  mcnemarExact,
  meanOfMeans,
  meanWithInterval,
  roganGladen,
  ruleOfThree,
  wilson,
} from './stats'
export { type PairVerdict, pairVerdicts } from './pairs/verdict'
export { type JudgedPair, type WinRate, type WinRates, pairAgreement, winRatesOf } from './pairs/winRate'
export { normalisedPrompt, promptKey } from './mix/promptKey'
export {
  type EvaluationItem,
  type EvaluationSet,
  type Suite,
  evaluationSets,
  exactMatch,
} from './suite/suite'
export { type BenchConfig, configDocument, isArena } from './config/config'
export type { ArenaBeamJudge, ArenaChoice, ArenaConfig } from './config/arenaConfig'
export type { Combination } from './config/combinations'
export type { FileSuite } from './config/fileSuiteConfig'
export type { NamedModels, SuiteModels, Templates } from './config/suiteModels'
export type { EvaluationFiles, SetFiles, TaskRules, TaskSet } from './config/evaluationFiles'
export type { MatchName, Matching } from './config/matching'
export type { OverlapPolicy, OverlapRule } from './config/overlap'
export type { Validation, ValidationFiles, ValidationShare } from './config/validation'
export type { JudgeChoice, OwnJudge } from './config/judgeChoice'
export type { Choice, Method, StageMethods } from './config/methods'
export { decodeConfig } from './config/configCodec'
export { fileSuite } from './suite/fileSuite'
export type { OpenJudge } from './suite/openedJudges'
export type { JudgeRecord, StoredVerdict } from './suite/verdicts'
export type { JudgePlugin, OfferedJudge } from './plan/judgePlugins'
export { judgeOpener } from './work/judgeOpener'
export { type Rescored, type Rescoring, rescore } from './work/rescore'
export { type Disagreement, type Disputed, disagreementsOf } from './results/disagreements'
export type { BenchPorts, EngineUsed, LoadedModel, ModelRequest, TrainingRequest } from './plan/ports'
export { ports } from './work/lmPorts'
export { type Ran, run } from './work/run'
export type { EarlyResults, RunSettings } from './work/runSettings'
export type { CellResult, FailedCell, GroupResult, Results } from './results/results'
export type { Running } from './results/running'
export { type ReadResults, readResults } from './results/resultsFile'
export type { Factors } from './plan/factors'
export type { Effect, Interaction } from './results/effects'
export { type Difference, type Differences } from './results/differences'
export {
  type JudgeMetrics,
  type MetricName,
  type Metrics,
  metricNames,
  metricsOf,
  rateNames,
} from './results/metrics'
export type { Perplexity, Scored } from './results/perplexity'
export type { TextScore } from './suite/textScores'
export { type Outcome, outcome } from './suite/outcome'
export type { Sample } from './suite/samples'
export type { Stamp, StampedJudges } from './results/stamp'
export { type ReportInput, type ReportPlace, headline, markdown, page, writeReport } from './report'
export { arenaSuite, contentJudge, guardJudge, harmJudge, openArenaSuite } from './arena'
export { binary } from './cli/binary'
