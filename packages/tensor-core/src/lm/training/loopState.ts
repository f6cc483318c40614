/** What changes from step to step: optimizer and update rule, and their form in a checkpoint. */
import type { RuleState } from '../../contracts'
import { tf } from '../../engine'
import { type AdamWState, adamWStart, disposeAdamW } from './adamw'
import type { Checkpoint } from './checkpoint'
import { deviceSpace } from './deviceSpace'
import type { LoopSettings } from './loopSettings'

// model ------------------------------------------------------------------------------------------

/** Parameters and moments, and what the update rule remembers. */
export interface LoopState {
  readonly adam: AdamWState
  readonly rule: RuleState<tf.Tensor>
}

/** Vectors of the rule have this before their names in a checkpoint. */
const RULE = 'rule.'

// constructors -----------------------------------------------------------------------------------

/** The state before the first step. */
export const freshState = (s: Pick<LoopSettings, 'start' | 'rule'>): LoopState => ({
  adam: adamWStart(tf.tensor1d(s.start)),
  rule: s.rule.initial,
})

/** The state that a checkpoint holds. */
export const restored = (c: Checkpoint): LoopState => {
  const vector = (name: string): tf.Tensor => tf.tensor1d(c.vectors[name] ?? new Float32Array(0))
  return {
    adam: { parameters: vector('parameters'), m: vector('m'), v: vector('v'), step: c.step },
    rule: {
      vectors: Object.fromEntries(
        Object.keys(c.vectors)
          .filter((name) => name.startsWith(RULE))
          .map((name) => [name.slice(RULE.length), vector(name)]),
      ),
      numbers: c.numbers,
    },
  }
}

// destructors ------------------------------------------------------------------------------------

/** The state as a checkpoint of this run. */
export const snapshot = (s: Pick<LoopSettings, 'start' | 'run'>, state: LoopState): Checkpoint => {
  const host = deviceSpace(s.start.length).toHost
  return {
    step: state.adam.step,
    run: s.run,
    numbers: state.rule.numbers,
    vectors: {
      parameters: host(state.adam.parameters),
      m: host(state.adam.m),
      v: host(state.adam.v),
      ...Object.fromEntries(
        Object.entries(state.rule.vectors).map(([name, g]) => [`${RULE}${name}`, host(g)]),
      ),
    },
  }
}

/** Frees the vectors that the next state no longer holds. */
export const freeGone = (before: RuleState<tf.Tensor>, after: RuleState<tf.Tensor>): void => {
  const kept = new Set(Object.values(after.vectors))
  for (const g of Object.values(before.vectors)) if (!kept.has(g)) g.dispose()
}

/** Frees everything. */
export const disposeState = ({ adam, rule }: LoopState): void => {
  disposeAdamW(adam)
  freeGone(rule, { vectors: {}, numbers: {} })
}
