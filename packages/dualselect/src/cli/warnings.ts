/** The rule's warnings go to people, its selections to the log: notes of kind `warning` are reported and taken out. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Fault, TrainingDefence } from '@safe/tensor-core/contracts'

/** The defence with its rule's warnings passed to `warn` instead of the log. */
export const reportingWarnings = <E extends Fault>(
  defence: TrainingDefence<E>,
  warn: (line: string) => void,
): TrainingDefence<E> => ({
  ...defence,
  apply: (inner, oracle) =>
    pipe(
      defence.apply(inner, oracle),
      TE.map((rule) => ({
        ...rule,
        step: (state, at) =>
          pipe(
            rule.step(state, at),
            TE.map((update) => {
              const isWarning = (note: Readonly<Record<string, unknown>>): boolean =>
                note['kind'] === 'warning'
              for (const note of update.notes)
                if (isWarning(note)) warn(`step ${at.step}: ${String(note['message'])}`)
              return { ...update, notes: update.notes.filter((note) => !isWarning(note)) }
            }),
          ),
      })),
    ),
})
