/** CSULoRA and its controls as a defence of the weights stage. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { WeightsDefence } from '@safe/tensor-core/contracts'
import type { RankRule } from '@safe/tensor-core/linalg'
import type { DecompositionCache } from './cache'
import { type ModuleReport, correctAdapter } from './correctAdapter'
import type { Method } from './correction'
import * as defaults from './defaults'
import type { CheckpointPair } from './displacement'

/** Settings of the defence; what is left out is the paper's. */
export interface CsuloraSettings extends CheckpointPair {
  readonly method?: Method
  /** Default: 95 % of the displacement's energy. */
  readonly rank?: RankRule
  readonly beta?: number
  /** Safe LoRA's cosine threshold. */
  readonly tau?: number
  readonly seed?: number
  readonly cache?: DecompositionCache
  readonly signal?: AbortSignal
  readonly onModule?: (report: ModuleReport) => void
}

/** The adapter, corrected against aligned - base; see `correctAdapter` for a report as well. */
export const csuloraDefence = (settings: CsuloraSettings): WeightsDefence => {
  const {
    method = 'csulora',
    rank = { energy: defaults.energy },
    beta = defaults.beta,
    tau = defaults.tau,
    seed = defaults.seed,
    ...rest
  } = settings
  return {
    stage: 'weights',
    name: method,
    parameters: { ...rank, beta, ...(method === 'safelora' ? { tau } : {}) },
    apply: (adapter) =>
      pipe(
        correctAdapter({ ...rest, options: { method, rank, beta, tau, seed } })(adapter),
        TE.map((corrected) => corrected.adapter),
      ),
  }
}
