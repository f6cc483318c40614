/** The report of one process of a measurement: the last line of its output, one JSON object. */
import { isRight } from 'fp-ts/Either'
import * as t from 'io-ts'

// model ------------------------------------------------------------------------------------------

const Report = t.intersection([
  t.type({
    /** Wall time of each timed repetition. */
    seconds: t.array(t.number),
    /** Largest resident size of the process, 0 where it is not known. */
    peakBytes: t.number,
  }),
  t.partial({
    /** Processor time of the repetitions, all threads: a busy machine disturbs it less than wall time. */
    cpuSeconds: t.array(t.number),
    /** Mean loss of every training step. */
    losses: t.array(t.number),
    /** Tokens decoded, or the most probable next token of each row. */
    tokens: t.array(t.array(t.number)),
    /** Log-probability of every scored token, by row. */
    logProbs: t.array(t.array(t.number)),
    /** Repetitions of the compared work, where it ran in the same process. */
    plainSeconds: t.array(t.number),
    /** Operations per second of the best square product. */
    peakFlops: t.number,
    /** Bytes of the file that was loaded or read. */
    bytes: t.number,
    /** Largest resident size when loading had ended. */
    loadedBytes: t.number,
    /** Largest difference between two results that must be equal, relative. */
    difference: t.number,
    engine: t.string,
  }),
])

export type Measured = t.TypeOf<typeof Report>

// decoding ---------------------------------------------------------------------------------------

/** @returns undefined where the last line is not a report */
export const measuredOf = (output: string): Measured | undefined => {
  const last = output.trimEnd().split('\n').at(-1) ?? ''
  try {
    const report = Report.decode(JSON.parse(last))
    return isRight(report) ? report.right : undefined
  } catch {
    return undefined
  }
}
