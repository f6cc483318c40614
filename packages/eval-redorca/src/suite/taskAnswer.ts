/**
 * The right answer of a task row: its response, or its field `label`, a name or a place in the list of labels. A row of a choice may
 * list its own candidates in its field `choices`.
 */
import * as E from 'fp-ts/Either'
import { type Example, type Fault, badInput, responseText } from '@safe/tensor-core/contracts'
import type { TaskRules } from '../config/evaluationFiles'
import type { Matching } from '../config/matching'
import { normalisedPrompt } from '../mix/promptKey'
import { labelIn } from './matching/label'
import type { EvaluationItem } from './suite'

// model ------------------------------------------------------------------------------------------

/** What a task item has beside its prompt. */
export type TaskAnswer = Required<Pick<EvaluationItem, 'reference'>> & Pick<EvaluationItem, 'choice'>

// rows -------------------------------------------------------------------------------------------

/** The answer as the row states it: text, or a place in a list. */
const statedAnswer = ({ response, fields: { label } }: Example): string | number | undefined => {
  const text = responseText(response)
  return text.trim() !== ''
    ? text
    : typeof label === 'number' || (typeof label === 'string' && label.trim() !== '')
      ? label
      : undefined
}

const ownChoices = ({ fields: { choices } }: Example): ReadonlyArray<string> | undefined =>
  Array.isArray(choices) && choices.every((choice) => typeof choice === 'string') ? choices : undefined

/** The different answers that rows state, in the order of the rows. */
const statedLabels = (rows: ReadonlyArray<Example>): ReadonlyArray<string> => {
  const found = new Map<string, string>()
  for (const row of rows) {
    const answer = statedAnswer(row)
    if (typeof answer !== 'string') continue
    const key = normalisedPrompt(answer)
    if (!found.has(key)) found.set(key, answer.trim())
  }
  return [...found.values()]
}

/** The rule with its labels: where none are given, those that the rows of its set state. */
export const withLabels = (matching: Matching, rows: ReadonlyArray<Example>): Matching =>
  'labels' in matching ? { ...matching, labels: matching.labels ?? statedLabels(rows) } : matching

// constructors -----------------------------------------------------------------------------------

/** The candidate that an answer names, under the rule. */
const named = (
  { match }: Matching,
  among: ReadonlyArray<string>,
  answer: string | number,
): string | undefined =>
  typeof answer === 'number'
    ? among[answer]
    : match === 'label'
      ? labelIn(among)(answer)
      : among.find((candidate) => normalisedPrompt(candidate) === normalisedPrompt(answer))

/** @param path the file, for errors @returns left: a row that states no answer, or none of its labels */
export const taskAnswer =
  ({ matching }: Pick<TaskRules, 'matching'>, path: string) =>
  (row: Example): E.Either<Fault, TaskAnswer> => {
    const wrong = (message: string, remedy: string): E.Either<Fault, never> =>
      E.left(badInput('BadRow', message, { where: `${path}, row ${row.id}`, remedy }))
    const answer = statedAnswer(row)
    if (answer === undefined)
      return wrong('states no right answer', 'give every task row a response, or a field label')
    if (!('labels' in matching))
      return typeof answer === 'string'
        ? E.right({ reference: answer })
        : wrong(
            `states the answer by its place (label: ${answer}), which match: ${matching.match} cannot read`,
            'set match to label or choice, with labels',
          )
    const among = (matching.match === 'choice' ? ownChoices(row) : undefined) ?? matching.labels ?? []
    const found = named(matching, among, answer)
    return found === undefined || among.length < 2
      ? wrong(
          `states the answer ${JSON.stringify(answer)}; the labels are ${JSON.stringify(among)}`,
          'give at least two labels, among them the answer of every row',
        )
      : E.right(
          matching.match === 'choice'
            ? { reference: found, choice: { among, perToken: matching.perToken } }
            : { reference: typeof answer === 'string' ? answer : found },
        )
  }
