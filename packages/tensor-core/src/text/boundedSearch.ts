/**
 * Searches in a template with a limit. To look for one text in another is a single step of the JavaScript engine: it can take as many
 * comparisons as the product of their lengths, and no time limit stops it. So that product is limited before the step is taken.
 */
import type { JinjaFunction, JinjaInterpreter, JinjaValue } from './jinja'

// limits -----------------------------------------------------------------------------------------

/** Most comparisons of one search: less than a second. A search for a marker in a conversation takes a few million. */
export const maxTemplateSearch = 1 << 28

/** Shorter texts cannot reach the limit. */
const freeText = Math.floor(Math.sqrt(maxTemplateSearch))

// checks -----------------------------------------------------------------------------------------

const lengthOf = (value: unknown): number => (typeof value === 'string' ? value.length : 0)

/** @throws what `refuse` makes where the search could take too long */
type Check = (text: unknown, wanted: unknown) => void

const checkOf =
  (refuse: (what: string) => Error): Check =>
  (text, wanted) => {
    const [long, short] = [lengthOf(text), lengthOf(wanted)]
    if (long * short > maxTemplateSearch)
      throw refuse(`looks for a text of ${short} characters in one of ${long}`)
  }

// methods of texts -------------------------------------------------------------------------------

const isFunction = (u: unknown): u is JinjaFunction =>
  typeof u === 'object' && u !== null && 'value' in u && typeof u.value === 'function'

/** Makes the methods of a long text that search it check first. */
const guarding = (check: Check): ((value: JinjaValue) => void) => {
  const guarded = new WeakSet<JinjaValue>()
  return (text) => {
    if (lengthOf(text.value) <= freeText || guarded.has(text)) return
    guarded.add(text)
    for (const name of ['split', 'replace']) {
      const method: unknown = text.builtins?.get(name)
      if (!isFunction(method)) continue
      const search = method.value
      method.value = (parameters, environment) => {
        check(text.value, parameters[0]?.value)
        return search(parameters, environment)
      }
    }
  }
}

// operator `in` ----------------------------------------------------------------------------------

interface Membership {
  readonly operator: { readonly value: string }
  readonly left: unknown
  readonly right: unknown
}

const isMembership = (u: unknown): u is Membership =>
  typeof u === 'object' &&
  u !== null &&
  'operator' in u &&
  'left' in u &&
  'right' in u &&
  typeof u.operator === 'object' &&
  u.operator !== null &&
  'value' in u.operator &&
  (u.operator.value === 'in' || u.operator.value === 'not in')

/** A node whose value is known. */
class Known {
  constructor(readonly result: JinjaValue) {}
}

// interpreter ------------------------------------------------------------------------------------

/** Limits the searches of an interpreter. @param refuse makes what is thrown */
export const limitSearches = (interpreter: JinjaInterpreter, refuse: (what: string) => Error): void => {
  const evaluate = interpreter.evaluate.bind(interpreter)
  const applyFilter = interpreter.applyFilter.bind(interpreter)
  const check = checkOf(refuse)
  const guard = guarding(check)
  interpreter.evaluate = (statement, environment) => {
    if (statement instanceof Known) return statement.result
    if (!isMembership(statement)) {
      const result = evaluate(statement, environment)
      guard(result)
      return result
    }
    const wanted = interpreter.evaluate(statement.left, environment)
    const text = interpreter.evaluate(statement.right, environment)
    check(text.value, wanted.value)
    return evaluate({ ...statement, left: new Known(wanted), right: new Known(text) }, environment)
  }
  interpreter.applyFilter = (operand, filter, environment) => {
    guard(operand)
    return applyFilter(operand, filter, environment)
  }
}
