/**
 * The factors that distinguish cells, by name, as written in results files. A stage without a defence is `none` there; the
 * functions below test for it.
 */
import * as t from 'io-ts'
import { type Stage, type StrengthValue, stages } from '@safe/tensor-core/contracts'
import { canonicalJson } from '@safe/tensor-core/files'
import type { Combination } from '../config/combinations'
import { noneWord } from '../config/methods'

// model ------------------------------------------------------------------------------------------

/** The factors that distinguish one cell from another. A control appears under its own name. */
export interface Factors {
  /** The model that is evaluated: `aligned` (fine-tuned, unless the regime is `none`) or `base`. */
  readonly model: 'aligned' | 'base'
  /** Of several aligned models, the name of the one that is meant; absent where there is one. */
  readonly aligned?: string
  /** Who fine-tuned it; absent: the benchmark's own recipe. */
  readonly attacker?: string
  /** The data it was fine-tuned on; `none`: not fine-tuned. */
  readonly regime: string
  readonly data: string
  readonly training: string
  readonly weights: string
  readonly decoding: string
  readonly seed: number
  /** Strengths of methods, by name; a method that it leaves out acts as configured. */
  readonly strengths?: Strengths
}

/** What a model was fine-tuned from and on. */
export type FineTune = Pick<Factors, 'aligned' | 'attacker' | 'regime'>

/** Strengths of methods, by name. */
export type Strengths = Readonly<Record<string, StrengthValue>>

type Stages = Readonly<Record<Stage, string>>
type Defended = Stages & Pick<Factors, 'strengths'>

export const strengthValueCodec: t.Type<StrengthValue> = t.union([t.number, t.string, t.UnknownRecord])
export const strengthsCodec: t.Type<Strengths> = t.record(t.string, strengthValueCodec)

export const factorsCodec: t.Type<Factors> = t.intersection([
  t.type({
    model: t.keyof({ aligned: null, base: null }),
    regime: t.string,
    data: t.string,
    training: t.string,
    weights: t.string,
    decoding: t.string,
    seed: t.number,
  }),
  t.partial({ aligned: t.string, attacker: t.string, strengths: strengthsCodec }),
])

/** The factors that are text or numbers, by which a cell can be named. */
export const factorNames = [
  'model',
  'aligned',
  'attacker',
  'regime',
  'data',
  'training',
  'weights',
  'decoding',
  'seed',
] as const satisfies ReadonlyArray<keyof Factors>

// constructors -----------------------------------------------------------------------------------

export const undefended = {
  data: noneWord,
  training: noneWord,
  weights: noneWord,
  decoding: noneWord,
} as const

/** The regime of models that are not fine-tuned. */
export const untouched = noneWord

/** What a cell's model was fine-tuned from and on. */
export const fineTuneOf = ({ aligned, attacker, regime }: FineTune): FineTune => ({
  ...(aligned === undefined ? {} : { aligned }),
  ...(attacker === undefined ? {} : { attacker }),
  regime,
})

/** The stages' factors of a combination. */
export const stageFactors = (combination: Combination): Stages => ({ ...undefended, ...combination })

/** The names of the methods that act at a stage: a choice may have several, joined. */
export const namesAt = (f: Stages, stage: Stage): ReadonlyArray<string> => f[stage].split('+')

/** The strengths of the methods of a stage. */
const strengthsAt = ({ strengths = {}, ...f }: Defended, stage: Stage): Strengths => {
  const names = namesAt(f, stage)
  return Object.fromEntries(Object.entries(strengths).filter(([name]) => names.includes(name)))
}

/** The factors of a group: without seed and strengths. */
export const pooledFactors = (f: Factors): Omit<Factors, 'seed' | 'strengths'> => ({
  model: f.model,
  ...fineTuneOf(f),
  data: f.data,
  training: f.training,
  weights: f.weights,
  decoding: f.decoding,
})

/** The factors without strengths. */
export const named = (f: Factors): Factors => ({ ...pooledFactors(f), seed: f.seed })

/** The field of strengths; none where there are none. */
export const strengthsField = (strengths: Strengths): Pick<Factors, 'strengths'> =>
  Object.keys(strengths).length === 0 ? {} : { strengths }

/** The same factors with no defence at these stages. */
export const without = (f: Factors, ...off: ReadonlyArray<Stage>): Factors => {
  const gone = off.flatMap((stage) => namesAt(f, stage))
  const kept = Object.entries(f.strengths ?? {}).filter(([name]) => !gone.includes(name))
  return {
    ...named(f),
    ...Object.fromEntries(off.map((stage) => [stage, noneWord])),
    ...strengthsField(Object.fromEntries(kept)),
  }
}

// destructors ------------------------------------------------------------------------------------

/** Whether a cell's model was fine-tuned. */
export const isTuned = (f: Pick<Factors, 'regime'>): boolean => f.regime !== untouched

/** One key for each aligned model, attacker and regime. */
export const fineTuneKey = ({ aligned, attacker, regime }: FineTune): string =>
  attacker !== undefined
    ? JSON.stringify([aligned ?? null, regime, attacker])
    : aligned === undefined
      ? regime
      : JSON.stringify([aligned, regime])

/** Whether a cell belongs to the tables of the benchmark's own recipe. */
export const isUnattacked = ({ attacker }: Pick<Factors, 'attacker'>): boolean => attacker === undefined

/** The fine-tunes of these, each once. */
export const distinctFineTunes = (all: ReadonlyArray<FineTune>): ReadonlyArray<FineTune> => [
  ...new Map(all.map((f) => [fineTuneKey(f), fineTuneOf(f)])).values(),
]

/** Whether two cells are of one aligned model, regime and attacker: only such cells are compared. */
export const isSameFineTune = (a: FineTune, b: FineTune): boolean => fineTuneKey(a) === fineTuneKey(b)

/** Whether the same methods act at every stage, whatever their strengths. */
export const isSameCombination = (a: Stages, b: Stages): boolean =>
  stages.every((stage) => a[stage] === b[stage])

/** Whether a stage has a defence. */
export const isDefended = (f: Stages, stage: Stage): boolean => f[stage] !== noneWord

/** Whether a defence acts on the data or the training: then an adapter that was trained before cannot stand for the fine-tune. */
export const isTrainedHere = (f: Stages): boolean => isDefended(f, 'data') || isDefended(f, 'training')

/** The stages at which a defence acts. */
export const defendedStages = (f: Stages): ReadonlyArray<Stage> =>
  stages.filter((stage) => isDefended(f, stage))

/** Whether no stage has a defence. */
export const isUndefended = (f: Stages): boolean => defendedStages(f).length === 0

const isStage = (name: string): name is Stage => stages.some((stage) => stage === name)

/** All factors but the defences: cells that agree in them differ by their defences alone. */
export const settingKey = (f: Factors): string =>
  canonicalJson(Object.fromEntries(Object.entries(f).filter(([name]) => !isStage(name))))

/** `0.1`; `rho 0.2, tokenBudget 0.9`. */
export const strengthWords = (value: StrengthValue): string =>
  typeof value === 'object'
    ? Object.entries(value)
        .map(([name, x]) => `${name} ${String(x)}`)
        .join(', ')
    : String(value)

/** What acts at a stage, its strengths included: what steps are shared by. */
export const stageKey = (f: Defended, stage: Stage): string => {
  const strengths = strengthsAt(f, stage)
  return Object.keys(strengths).length === 0
    ? f[stage]
    : `${f[stage]} ${JSON.stringify(Object.entries(strengths).sort(([a], [b]) => (a < b ? -1 : 1)))}`
}

const nameAt = (f: Defended, stage: Stage): string => {
  const strengths = strengthsAt(f, stage)
  return namesAt(f, stage)
    .map((name) => {
      const value = strengths[name]
      return value === undefined ? name : `${name} (${strengthWords(value)})`
    })
    .join('+')
}

/** `forgetfilter + csulora`, each with its strength where it has one; `no defence` for the empty combination. */
export const combinationName = (f: Defended): string => {
  const names = defendedStages(f).map((stage) => nameAt(f, stage))
  return names.length === 0 ? 'no defence' : names.join(' + ')
}

/** `chat-a, ` before what is said of one of several aligned models; empty where there is one. */
export const modelPrefix = ({ aligned }: Pick<Factors, 'aligned'>): string =>
  aligned === undefined ? '' : `${aligned}, `

/** What a cell shows: a combination, or a model before fine-tuning. */
export const cellName = (f: Factors): string =>
  isTuned(f) ? combinationName(f) : `the ${f.model} model${f.aligned === undefined ? '' : ` of ${f.aligned}`}`

/** The factors with the strengths that results list beside them. */
export const withListed = <F extends Stages>({
  factors,
  strengths,
}: {
  readonly factors: F
  readonly strengths: Strengths
}): F & Pick<Factors, 'strengths'> => ({ ...factors, ...strengthsField(strengths) })

/** The same factors without the seed: cells that are pooled. */
export const groupKey = (f: Factors): string =>
  JSON.stringify([f.model, fineTuneKey(f), ...stages.map((stage) => stageKey(f, stage))])
