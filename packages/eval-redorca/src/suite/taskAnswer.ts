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

/** More different answers than this are no labels: the set has another rule, or its labels are to be given. */
const mostLabels = 200

/**
 * The rule with its labels: where none are given, those that the rows of its set state.
 *
 * @param where the set's file, for the error
 * @returns left: the rows state too many different answers
 */
export const withLabels = (
  matching: Matching,
  rows: ReadonlyArray<Example>,
  where: string,
): E.Either<Fault, Matching> => {
  if (!('labels' in matching) || matching.labels !== undefined) return E.right(matching)
  const open = matching.match === 'choice' ? rows.filter((row) => ownChoices(row) === undefined) : rows
  const labels = statedLabels(open)
  return labels.length > mostLabels
    ? E.left(
        badInput('BadConfig', `states ${labels.length} different answers, too many to be labels`, {
          where,
          remedy: `give labels, or a rule other than match: ${matching.match}`,
        }),
      )
    : E.right({ ...matching, labels })
}

// constructors -----------------------------------------------------------------------------------

const exactly =
  (among: ReadonlyArray<string>) =>
  (answer: string): string | undefined =>
    among.find((candidate) => normalisedPrompt(candidate) === normalisedPrompt(answer))

/** The place that an answer states; in tables, numbers are text. */
const placeOf = (answer: string | number): number =>
  typeof answer === 'number' ? answer : /^\d+$/.test(answer) ? Number(answer) : Number.NaN

/** @param path the file, for errors @returns left: a row that states no answer, or none of its labels */
export const taskAnswer = ({ matching }: Pick<TaskRules, 'matching'>, path: string) => {
  const inText = matching.match === 'label' ? labelIn(matching.labels ?? []) : undefined
  return (row: Example): E.Either<Fault, TaskAnswer> => {
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
    const byName = typeof answer === 'string' ? (inText ?? exactly(among))(answer) : undefined
    const found = byName ?? among[placeOf(answer)]
    return found === undefined || among.length < 2
      ? wrong(
          `states the answer ${JSON.stringify(answer)}; the labels are ${JSON.stringify(among)}`,
          'give at least two labels, among them the answer of every row',
        )
      : E.right(
          matching.match === 'choice'
            ? { reference: found, choice: { among, perToken: matching.perToken } }
            : { reference: byName !== undefined && typeof answer === 'string' ? answer : found },
        )
  }
}
