/** What tells one cell from another, by name. */
import { type Stage, stages } from '@safe/tensor-core/contracts'

/** What tells a cell from another. A stage without a defence says `none`; a control stands under its own name. */
export interface Factors {
  /** Which model is looked at: `aligned` (fine-tuned, unless the regime is `none`) or `base`. */
  readonly model: 'aligned' | 'base'
  /** What it was fine-tuned on; `none`: not at all. */
  readonly regime: string
  readonly data: string
  readonly training: string
  readonly weights: string
  readonly decoding: string
  readonly seed: number
}

export const undefended = { data: 'none', training: 'none', weights: 'none', decoding: 'none' } as const

/** The stages at which a defence acts. */
export const defendedStages = (f: Readonly<Record<Stage, string>>): ReadonlyArray<Stage> =>
  stages.filter((stage) => f[stage] !== 'none')

/** `forgetfilter + csulora`; `no defence` for the empty combination. */
export const combinationName = (f: Readonly<Record<Stage, string>>): string => {
  const names = defendedStages(f).map((stage) => f[stage])
  return names.length === 0 ? 'no defence' : names.join(' + ')
}

/** The same factors without the seed: cells that are pooled. */
export const groupKey = (f: Factors): string =>
  JSON.stringify([f.model, f.regime, f.data, f.training, f.weights, f.decoding])
