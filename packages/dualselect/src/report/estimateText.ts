/** Estimates as text: percent, or points of percent with their sign, with the interval. */
import type { IntervalEstimate } from '@safe/tensor-core/stats'

const percent = (x: number): string => (100 * x).toFixed(1)
const signed = (x: number): string => `${x > 0 ? '+' : ''}${percent(x)}`

/** `91.0 (85.1 to 95.0)`, in percent; with `points`, with signs. */
export const estimateText = (e: IntervalEstimate | undefined, points = false): string => {
  if (e === undefined || !Number.isFinite(e.value)) return '–'
  const text = points ? signed : percent
  return `${text(e.value)} (${text(e.low)} to ${text(e.high)})`
}

/** Whether a measure is a difference of shares, shown with its sign. */
export const isPoints = (metric: string): boolean => metric === 'backwardTransfer'
