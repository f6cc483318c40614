/** The option of a method that reads a judge of its own. */
import { optional, text } from '../options'

/** A benchmark opens it and gives it to the method as the resource `judge`, in place of the one that chooses among beams. */
export const ownJudge = optional(
  text('judge of harm, KIND[:MODEL][,option=value] (default: the one that chooses among beams)'),
)
