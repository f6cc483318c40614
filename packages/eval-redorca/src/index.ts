/** RedOrca: judges, statistics, suites and the benchmark of all combinations of defences. */
export {
  type Agreement,
  type CorrectedRate,
  type Estimate,
  type JudgedAndLabelled,
  type RatedPair,
  agreement,
  holm,
  mcnemarExact,
  meanWithInterval,
  roganGladen,
  ruleOfThree,
  wilson,
} from './stats'
export {
  type JudgeEntry,
  type PhraseList,
  degenerate,
  gcgPhrases,
  judgeNamed,
  judges,
  phraseJudge,
  refusalIn,
  refusalJudge,
  refusalPhrases,
} from './judges'
export {
  type ArenaVerdict,
  type EvaluationItem,
  type EvaluationSet,
  type Suite,
  evaluationSets,
  exactMatch,
} from './bench/suite'
export {
  type BenchConfig,
  type Combination,
  type FileSuite,
  type Method,
  type StageMethods,
  configDocument,
} from './bench/config'
export { decodeConfig } from './bench/configCodec'
export { fileSuite } from './bench/fileSuite'
export { type Recipe, generalRecipe } from './bench/recipe'
export type { BenchPorts, EngineUsed, ModelRequest, TrainingRequest } from './bench/ports'
export { ports } from './bench/lmPorts'
export { type Ran, type RunSettings, run } from './bench/run'
export type { CellResult, FailedCell, GroupResult, Results } from './bench/results'
export { type ReadResults, readResults } from './bench/resultsFile'
export type { Factors } from './bench/factors'
export type { Effect, Interaction } from './bench/effects'
export { type Difference, type Differences } from './bench/differences'
export { type MetricName, type Metrics, metricNames, metricsOf, rateNames } from './bench/metrics'
export type { Sample } from './bench/samples'
export type { Stamp } from './bench/stamp'
export { type ReportInput, type ReportPlace, headline, markdown, page, writeReport } from './report'
export { arenaSuite, harmJudge } from './arena'
export { binary } from './binary'
