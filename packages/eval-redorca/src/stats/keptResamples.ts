/**
 * Resamples in blocks, drawn once. All cells of a benchmark answer the same prompts, and every bootstrap starts from the same seed, so
 * the statistics of other cells ask for the same draws: they are kept, as long as they fit into one block, and given again.
 */
import { type BootstrapOptions, defaultResamples, eachResample } from '@safe/tensor-core/stats'

// model ------------------------------------------------------------------------------------------

/** Consecutive resamples: how often each unit was drawn, resample after resample, group after group. */
export interface ResampleBlock {
  readonly counts: Uint32Array
  /** Resamples of the block, and units of a resample. */
  readonly resamples: number
  readonly units: number
}

/** The most counts of a block (8 MB), and the blocks that are kept, those that were asked for last. */
const [blockCounts, keptBlocks] = [2e6, 6]

const kept = new Map<string, ResampleBlock>()

// parts ------------------------------------------------------------------------------------------

const sum = (values: ReadonlyArray<number>): number => values.reduce((total, x) => total + x, 0)

/** Draws all resamples. @param most resamples of a block */
const drawn = (
  groups: ReadonlyArray<number>,
  most: number,
  visit: (block: ResampleBlock) => void,
  options: BootstrapOptions,
): void => {
  const { resamples = defaultResamples } = options
  const units = sum(groups)
  const state = { counts: new Uint32Array(0), at: 0 }
  eachResample(
    groups,
    (drawnGroups, r) => {
      if (r % most === 0) {
        state.counts = new Uint32Array(Math.min(most, resamples - r) * units)
        state.at = 0
      }
      for (const group of drawnGroups) {
        state.counts.set(group, state.at)
        state.at += group.length
      }
      if (r === resamples - 1 || (r + 1) % most === 0)
        visit({ counts: state.counts, units, resamples: (r % most) + 1 })
    },
    options,
  )
}

const keep = (key: string, block: ResampleBlock): void => {
  kept.delete(key)
  kept.set(key, block)
  const [oldest] = kept.keys()
  if (kept.size > keptBlocks && oldest !== undefined) kept.delete(oldest)
}

// constructors -----------------------------------------------------------------------------------

/**
 * The resamples of `eachResample`, in blocks in their order. A stream of the caller's own is drawn from each time.
 *
 * @param groups the number of units of each group
 */
export const eachResampleBlock = (
  groups: ReadonlyArray<number>,
  visit: (block: ResampleBlock) => void,
  options: BootstrapOptions = {},
): void => {
  const { resamples = defaultResamples, seed, draws } = options
  const most = Math.max(1, Math.floor(blockCounts / Math.max(1, sum(groups))))
  if (draws !== undefined || resamples > most) {
    drawn(groups, most, visit, options)
    return
  }
  const key = JSON.stringify([groups, resamples, seed ?? null])
  const before = kept.get(key)
  const whole = (block: ResampleBlock): void => {
    keep(key, block)
    visit(block)
  }
  if (before === undefined) drawn(groups, most, whole, options)
  else whole(before)
}
