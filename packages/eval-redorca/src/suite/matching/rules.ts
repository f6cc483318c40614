/** The rules by which task answers count as solved: each task set has its own. */
import type { Matching } from '../../config/matching'
import type { PlacedItem } from '../evaluationItems'
import type { Suite } from '../suite'
import { labelIn } from './label'
import { sameLastNumber } from './lastNumber'
import { rougeL } from './rouge'
import { equalUpToSpace } from './text'

// rules ------------------------------------------------------------------------------------------

/** Whether a completion solves a task with this reference. */
type Solves = (completion: string, reference: string) => boolean

const sameLabel = (labels: ReadonlyArray<string>): Solves => {
  const read = labelIn(labels)
  return (completion, reference) => {
    const label = read(completion)
    return label !== undefined && label === read(reference)
  }
}

/** @param matching with its labels, where its rule has some */
const solvesBy = (matching: Matching): Solves => {
  switch (matching.match) {
    case 'text':
      return equalUpToSpace
    case 'last-number':
      return sameLastNumber
    case 'label':
      return sameLabel(matching.labels ?? [])
    // The completion is one of the candidates, and so is the reference.
    case 'choice':
      return equalUpToSpace
    case 'rouge':
      return (completion, reference) => rougeL(completion, reference) >= matching.threshold
  }
}

/** All of a rule that decides what counts; the candidates of a choice are a part of the items. */
const nameOf = (matching: Matching): string => {
  switch (matching.match) {
    case 'label':
      return `label ${JSON.stringify(matching.labels ?? [])}`
    case 'rouge':
      return `rouge ${matching.threshold}`
    default:
      return matching.match
  }
}

// constructors -----------------------------------------------------------------------------------

/** The rule of each task item, and the name that stands for all of them in keys. @param suite the rule where there is no task set */
export const matchingOf = (
  suite: { readonly matching: Matching },
  placed: ReadonlyArray<PlacedItem>,
): Pick<Suite, 'match' | 'solves'> => {
  const tasks = placed.flatMap(({ item, file: { name, rules } }) =>
    rules === undefined ? [] : [{ id: item.id, name, matching: rules.matching }],
  )
  const distinct = [...new Set(tasks.map(({ matching }) => matching))]
  const rules = new Map(distinct.map((matching) => [matching, solvesBy(matching)]))
  const byId = new Map(tasks.map(({ id, matching }) => [id, rules.get(matching)]))
  const names = new Set(
    tasks.map(({ name, matching }) =>
      name === undefined ? nameOf(matching) : `${name}: ${nameOf(matching)}`,
    ),
  )
  return {
    match: names.size === 0 ? nameOf(suite.matching) : [...names].join('; '),
    solves: ({ id, reference }, completion) =>
      reference !== undefined && byId.get(id)?.(completion, reference) === true,
  }
}
