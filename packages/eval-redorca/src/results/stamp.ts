/** How a result was computed: none of it is needed to read the result, all of it to reproduce the result. */
import { type Stage, stages } from '@safe/tensor-core/contracts'
import { regimeOf } from '../config/attackers'
import type { BenchConfig } from '../config/config'
import { attackedBy } from '../plan/attackers'
import type { Bench } from '../plan/bench'
import { dataHash } from '@safe/tensor-core/pipeline'
import { presentHashes } from '../plan/hashes'
import { ownJudges } from '../plan/methodJudges'
import { type MethodFidelity, fidelitiesOf } from './fidelity'
import type { EngineUsed } from '../plan/ports'
import type { Suite } from '../suite/suite'
import { type JudgeRecord, recordOf } from '../suite/verdicts'

// model ------------------------------------------------------------------------------------------

/** Software, device, seeds and hashes of inputs of a result. */
export interface Stamp {
  readonly engine: string
  readonly device: string
  readonly dtype: string
  readonly versions: Readonly<Record<string, string>>
  readonly seeds: ReadonlyArray<number>
  readonly hashes: {
    readonly data: Readonly<Record<string, string>>
    readonly models: Readonly<Record<string, string>>
    readonly templates: Readonly<Record<string, string>>
  }
  /** The judges; absent in results of earlier versions. */
  readonly judges?: StampedJudges
  /** How faithful each method is to what was published; absent in results of earlier versions. */
  readonly fidelity?: ReadonlyArray<MethodFidelity>
}

/** Who judged. Fields that may be absent are absent in results of earlier versions. */
export interface StampedJudges {
  /** The id of the headline judge. */
  readonly measuring: string
  /** The id of the judge that chose among beams; empty where an earlier version did not write it. */
  readonly beams: string
  /** Every judge that measured. */
  readonly measured?: ReadonlyArray<JudgeRecord>
  readonly amongBeams?: JudgeRecord
  /** Judges that methods read in place of that one, by the methods' names in results. */
  readonly ofMethods?: Readonly<Record<string, JudgeRecord>>
  /** Checkpoints of the benchmark's models by the part they play (base, aligned, anchor), to be compared with those of the judges. */
  readonly models?: Readonly<Record<string, string>>
}

// constructors -----------------------------------------------------------------------------------

const methodVersions = (bench: Bench, stage: Stage): ReadonlyArray<readonly [string, string]> =>
  [...bench.methods[stage].values()].flatMap(({ methods }) =>
    methods.map(({ method, version }) => [method.use, version] as const),
  )

type Hashable = Pick<Bench, 'config' | 'hashes' | 'suite'>

/** Hashes by the part that a model plays; of several aligned models `NAME: PART`. */
const hashesBy = (
  { hashes }: Bench,
  which: 'models' | 'templates' | 'checkpoints',
): Readonly<Record<string, string>> =>
  hashes.alignedModels === undefined
    ? presentHashes(hashes[which])
    : Object.fromEntries(
        Object.entries(hashes.alignedModels).flatMap(([name, of]) =>
          Object.entries(presentHashes(of[which])).map(([part, hash]) => [`${name}: ${part}`, hash]),
        ),
      )

/** Hashes of the rows of every regime and attacker under every seed; of an attacker that chooses rows, of those that it starts from. */
const hashedTraining = ({ config, hashes, suite }: Hashable): Readonly<Record<string, string>> => {
  const hashed = (data: ReturnType<Suite['trainingData']>, name: string) =>
    data._tag === 'Left' ? [] : [[name, dataHash(data.right)] as const]
  const own = config.regimes.flatMap((regime) =>
    config.seeds.flatMap((seed) => hashed(suite.trainingData(regime, seed), `${regime}, seed ${seed}`)),
  )
  const attacked = Object.entries(config.attackers).flatMap(([name, attacker]) => {
    const regime = regimeOf(attacker, config)
    const { trainingData } = attackedBy({ config, hashes, suite }, name).suite
    return config.seeds.flatMap((seed) =>
      hashed(trainingData(regime, seed), `${regime}, attacker ${name}, seed ${seed}`),
    )
  })
  return Object.fromEntries([...own, ...attacked])
}

const hashedBefore = new WeakMap<
  Suite['trainingData'],
  { readonly config: BenchConfig; readonly hashes: Readonly<Record<string, string>> }
>()

/** The same, computed once in a process: every cell is stamped with the rows of the whole benchmark. */
const trainingHashes = (bench: Hashable): Readonly<Record<string, string>> => {
  const { config, suite } = bench
  const before = hashedBefore.get(suite.trainingData)
  if (before?.config === config) return before.hashes
  const hashes = hashedTraining(bench)
  hashedBefore.set(suite.trainingData, { config, hashes })
  return hashes
}

/** Nothing where no method names a judge of its own, so that results without any stay as they were. */
const methodJudges = ({ judges, methods }: Bench): Pick<StampedJudges, 'ofMethods'> => {
  const own = Object.entries(ownJudges(judges, methods))
  return own.length === 0
    ? {}
    : { ofMethods: Object.fromEntries(own.map(([name, judge]) => [name, recordOf(judge)])) }
}

export const stampOf = (bench: Bench, engine: EngineUsed): Stamp => ({
  engine: engine.engine,
  device: engine.device,
  dtype: bench.config.dtype,
  versions: {
    node: process.versions.node,
    ...engine.versions,
    ...bench.code,
    ...Object.fromEntries(stages.flatMap((stage) => methodVersions(bench, stage))),
  },
  seeds: bench.config.seeds,
  hashes: {
    data: {
      ...trainingHashes(bench),
      ...presentHashes({
        safe: bench.hashes.safe,
        references: bench.hashes.references,
        harmful: bench.hashes.harmful,
        evaluation: bench.hashes.evaluation,
      }),
    },
    models: hashesBy(bench, 'models'),
    templates: hashesBy(bench, 'templates'),
  },
  judges: {
    measuring: bench.suite.judges[0].id,
    beams: bench.suite.beamJudge.id,
    measured: bench.suite.judges.map(recordOf),
    amongBeams: recordOf(bench.suite.beamJudge),
    ...methodJudges(bench),
    models: hashesBy(bench, 'checkpoints'),
  },
  fidelity: fidelitiesOf(bench.methods),
})
