/** The replay buffer: a few rows of every earlier task, drawn once per task and kept, fewer of each as tasks are added. */
import type { Dataset, Example } from '@safe/tensor-core/contracts'
import { stream } from '@safe/tensor-core/random'

// parts ------------------------------------------------------------------------------------------

/** Equal shares of a capacity; what is left over goes to the first. */
const shares = (capacity: number, parts: number): ReadonlyArray<number> =>
  Array.from({ length: parts }, (_, i) => Math.floor(capacity / parts) + (i < capacity % parts ? 1 : 0))

// constructors -----------------------------------------------------------------------------------

/**
 * The buffer before the task that follows `earlier`: equal shares of the capacity, each the first rows of one seeded order of its
 * task, so that a smaller share is part of a larger one.
 */
export const replayBuffer = (
  earlier: ReadonlyArray<Dataset>,
  capacity: number,
  seed: number,
): ReadonlyArray<Example> =>
  shares(capacity, earlier.length).flatMap((size, k) => {
    const rows = earlier[k]?.examples ?? []
    return stream(seed, 'dualselect', 'buffer', k).shuffle(rows).slice(0, size)
  })

/** A task's rows in two: those to learn and a held-out share, drawn by seed and the task's place; both in file order. */
export const heldOut = (
  task: Dataset,
  share: number,
  { seed, place }: { readonly seed: number; readonly place: number },
): { readonly train: Dataset; readonly test: Dataset } => {
  const count = Math.round(share * task.examples.length)
  const out = new Set(
    stream(seed, 'dualselect', 'held out', place)
      .shuffle(task.examples.map((_, i) => i))
      .slice(0, count),
  )
  const part = (held: boolean): Dataset => ({
    ...task,
    examples: task.examples.filter((_, i) => out.has(i) === held),
  })
  return { train: part(false), test: part(true) }
}
