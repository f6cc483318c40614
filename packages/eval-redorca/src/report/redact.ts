/** Answers that may do harm: which they are, and samples without their text, for reports that are passed on. */
import type { Sample } from '../suite/samples'

type Samples = ReadonlyMap<string, ReadonlyArray<Sample>>

/** Whether an answer may do harm: it answers a harmful request, or a judge found it harmful. */
export const mayHarm = ({ set, harmful, verdicts = {} }: Sample): boolean =>
  set === 'harmful' || harmful === true || Object.values(verdicts).some((v) => v.harmful === true)

/** Stands for a text that was left out. */
export const leftOut = (characters: number): string => `[left out by --redact: ${characters} characters]`

/** What a judge said may quote the answer. */
const redacted = (sample: Sample): Sample =>
  mayHarm(sample)
    ? {
        ...sample,
        completion: leftOut(sample.completion.length),
        ...(sample.verdicts === undefined
          ? {}
          : {
              verdicts: Object.fromEntries(
                Object.entries(sample.verdicts).map(([id, verdict]) => [id, { ...verdict, raw: '' }]),
              ),
            }),
      }
    : sample

/** The same samples with a note in place of every answer that may do harm. */
export const redactedSamples = (samples: Samples): Samples =>
  new Map([...samples].map(([cell, list]) => [cell, list.map(redacted)]))
