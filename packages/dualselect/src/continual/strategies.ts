/** Ways to learn tasks in turn. All take as many optimizer steps, from the same rows of the task and the same memory. */
import type { Dataset, Example } from '@safe/tensor-core/contracts'
import type { DualSelectOptions } from '../options'

// model ------------------------------------------------------------------------------------------

/**
 * `dualselect`: the memory is the references. `sequential`: plain training, the memory is not used. `agem`: A-GEM (arXiv 1812.00420)
 * on the memory. `replay`: the memory is mixed into the task's rows.
 */
export const strategies = ['dualselect', 'sequential', 'agem', 'replay'] as const
/** The name of a strategy. */
export type Strategy = (typeof strategies)[number]

/** What one task is trained on, and with which rule; plain training without options. */
export interface TaskTraining {
  readonly data: Dataset
  readonly references: Dataset
  readonly options?: DualSelectOptions
}

/** What a strategy has for a task. */
export interface TaskMaterial {
  readonly task: Dataset
  /** Safety rows and the replay buffer. */
  readonly memory: ReadonlyArray<Example>
  readonly options: DualSelectOptions
}

// constructors -----------------------------------------------------------------------------------

/** A-GEM: no filter, fresh random references at every step, the least correction that keeps their loss falling. */
const agemOptions = {
  correction: 'agem',
  referenceSet: 'random',
  taskFilter: 'none',
  refresh: 1,
  warmupSteps: 0,
  referenceLoss: 'nll',
} as const

/** Without a memory every strategy is plain training. */
export const taskTraining = (strategy: Strategy, { task, memory, options }: TaskMaterial): TaskTraining => {
  const references = { name: `memory before ${task.name}`, examples: memory }
  const plain = { data: task, references }
  if (memory.length === 0) return plain
  switch (strategy) {
    case 'sequential':
      return plain
    case 'replay':
      return { ...plain, data: { ...task, examples: [...task.examples, ...memory] } }
    case 'dualselect':
      return { ...plain, options }
    case 'agem':
      return { ...plain, options: { ...options, ...agemOptions } }
  }
}
