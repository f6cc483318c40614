/**
 * The factors that distinguish cells, by name, as written in results files. A stage without a defence is `none` there; the
 * functions below test for it.
 */
import * as t from 'io-ts'
import { type Stage, stages } from '@safe/tensor-core/contracts'
import type { Combination } from '../config/combinations'
import { noneWord } from '../config/methods'

// model ------------------------------------------------------------------------------------------

/** The factors that distinguish one cell from another. A control appears under its own name. */
export interface Factors {
  /** The model that is evaluated: `aligned` (fine-tuned, unless the regime is `none`) or `base`. */
  readonly model: 'aligned' | 'base'
  /** The data it was fine-tuned on; `none`: not fine-tuned. */
  readonly regime: string
  readonly data: string
  readonly training: string
  readonly weights: string
  readonly decoding: string
  readonly seed: number
}

type Stages = Readonly<Record<Stage, string>>

export const factorsCodec: t.Type<Factors> = t.type({
  model: t.keyof({ aligned: null, base: null }),
  regime: t.string,
  data: t.string,
  training: t.string,
  weights: t.string,
  decoding: t.string,
  seed: t.number,
})

// constructors -----------------------------------------------------------------------------------

export const undefended = {
  data: noneWord,
  training: noneWord,
  weights: noneWord,
  decoding: noneWord,
} as const

/** The regime of models that are not fine-tuned. */
export const untouched = noneWord

/** The stages' factors of a combination. */
export const stageFactors = (combination: Combination): Stages => ({ ...undefended, ...combination })

/** The same factors with no defence at these stages. */
export const without = <F extends Stages>(f: F, ...off: ReadonlyArray<Stage>): F => ({
  ...f,
  ...Object.fromEntries(off.map((stage) => [stage, noneWord])),
})

// destructors ------------------------------------------------------------------------------------

/** Whether a cell's model was fine-tuned. */
export const isTuned = (f: Pick<Factors, 'regime'>): boolean => f.regime !== untouched

/** Whether a stage has a defence. */
export const isDefended = (f: Stages, stage: Stage): boolean => f[stage] !== noneWord

/** The stages at which a defence acts. */
export const defendedStages = (f: Stages): ReadonlyArray<Stage> =>
  stages.filter((stage) => isDefended(f, stage))

/** `forgetfilter + csulora`; `no defence` for the empty combination. */
export const combinationName = (f: Stages): string => {
  const names = defendedStages(f).map((stage) => f[stage])
  return names.length === 0 ? 'no defence' : names.join(' + ')
}

/** What a cell shows: a combination, or a model before fine-tuning. */
export const cellName = (f: Factors): string => (isTuned(f) ? combinationName(f) : `the ${f.model} model`)

/** The same factors without the seed: cells that are pooled. */
export const groupKey = (f: Factors): string =>
  JSON.stringify([f.model, f.regime, f.data, f.training, f.weights, f.decoding])
