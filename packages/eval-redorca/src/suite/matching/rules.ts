/** The rules by which task answers count as solved: each task set has its own. */
import type { MatchRule, TaskRules } from '../../config/evaluationFiles'
import type { PlacedItem } from '../evaluationItems'
import type { Suite } from '../suite'
import { sameLastNumber } from './lastNumber'
import { equalUpToSpace } from './text'

/** Whether a completion solves a task with this reference. */
type Solves = (completion: string, reference: string) => boolean

const rules: Readonly<Record<MatchRule, Solves>> = { text: equalUpToSpace, 'last-number': sameLastNumber }

/** The rule of each task item, and the name that stands for all of them in keys. @param suite the rules where there is no task set */
export const matchingOf = (
  suite: TaskRules,
  placed: ReadonlyArray<PlacedItem>,
): Pick<Suite, 'match' | 'solves'> => {
  const tasks = placed.flatMap(({ item, file: { name, rules: own } }) =>
    own === undefined ? [] : [{ id: item.id, name, match: own.match }],
  )
  const byId = new Map(tasks.map(({ id, match }) => [id, rules[match]]))
  const names = new Set(tasks.map(({ name, match }) => (name === undefined ? match : `${name}: ${match}`)))
  return {
    match: names.size === 0 ? suite.match : [...names].join('; '),
    solves: ({ id, reference }, completion) =>
      reference !== undefined && byId.get(id)?.(completion, reference) === true,
  }
}
