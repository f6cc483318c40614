/**
 * `@huggingface/jinja`'s interpreter with limits. A template is an untrusted program: it can loop over `range(10**9)`, double a
 * list or a text at every step, or call itself. So every step, every list and every text is counted, the time of a single step
 * is limited too (`timeLimit.ts`), and so are searches, which no time limit stops (`boundedSearch.ts`).
 */
import { limitSearches } from './boundedSearch'
import { type JinjaEnvironment, type JinjaInterpreter, type JinjaValue, library } from './jinja'
import { withinTime } from './timeLimit'

// limits -----------------------------------------------------------------------------------------

/** Most nodes of the template that may be evaluated; a turn of a conversation takes a few dozen. */
export const maxTemplateSteps = 500_000
/** Most items of one list, also of `range`. */
export const maxTemplateItems = 1_000_000
/** Most characters of one text, plus four times those of the conversation. */
export const maxTemplateText = 1 << 22
/** Most characters of all texts and lists together (an item counts as eight), plus 200 times those of the conversation. */
export const maxTemplateWork = 1 << 29
export const maxTemplateMs = 3000

class Exhausted extends Error {}

// interpreter ------------------------------------------------------------------------------------

/** Counts the results of evaluated nodes; throws `Exhausted`. @param conversation characters of the conversation */
const counter = (conversation: number): ((result: JinjaValue) => void) => {
  const state = { steps: 0, work: 0 }
  const count = (size: number, largest: number, cost: number): void => {
    if (size > largest) throw new Exhausted(`makes a text or a list of ${size} parts`)
    state.work += cost * size
    if (state.work > maxTemplateWork + 200 * conversation) throw new Exhausted('makes too much text')
  }
  return ({ value }) => {
    state.steps += 1
    if (state.steps > maxTemplateSteps) throw new Exhausted(`takes more than ${maxTemplateSteps} steps`)
    if (typeof value === 'string') count(value.length, maxTemplateText + 4 * conversation, 1)
    else if (Array.isArray(value)) count(value.length, maxTemplateItems, 8)
    else if (value instanceof Map) count(value.size, maxTemplateItems, 8)
  }
}

/** An interpreter that counts every node's value: it calls its own `evaluate` for each node. */
const boundedInterpreter = (environment: JinjaEnvironment, conversation: number): JinjaInterpreter => {
  const interpreter = new (library().Interpreter)(environment)
  limitSearches(interpreter, (what) => new Exhausted(what))
  const evaluate = interpreter.evaluate.bind(interpreter)
  const count = counter(conversation)
  interpreter.evaluate = (statement, scope) => {
    const result = evaluate(statement, scope)
    count(result)
    return result
  }
  return interpreter
}

// functions of templates ---------------------------------------------------------------------------

/** Python's `range`; empty where the arguments are not numbers, as in the library. */
const range = (first: unknown, second?: unknown, step: unknown = 1): ReadonlyArray<number> => {
  const [from, to] = second === undefined ? [0, first] : [first, second]
  if (typeof from !== 'number' || typeof to !== 'number' || typeof step !== 'number') return []
  if (step === 0) throw new Error('range() step must not be zero')
  const length = Math.max(0, Math.ceil((to - from) / step))
  if (!(length <= maxTemplateItems)) throw new Exhausted(`makes a list of ${length} parts`)
  return Array.from({ length }, (_, i) => from + i * step)
}

const month = (date: Date, style: 'long' | 'short'): string =>
  new Intl.DateTimeFormat('en', { month: style }).format(date)

/** The date directives that templates use; any other directive is left unchanged. */
const strftimeNow = (format: unknown): string => {
  const now = new Date()
  const two = (n: number): string => String(n).padStart(2, '0')
  const parts: Readonly<Record<string, string>> = {
    Y: String(now.getFullYear()),
    m: two(now.getMonth() + 1),
    d: two(now.getDate()),
    b: month(now, 'short'),
    B: month(now, 'long'),
    H: two(now.getHours()),
    M: two(now.getMinutes()),
    S: two(now.getSeconds()),
    '%': '%',
  }
  return String(format).replace(/%([YmdbBHMS%])/g, (token, letter: string) => parts[letter] ?? token)
}

const raise = (message: unknown): never => {
  throw new Error(String(message))
}

const globals: ReadonlyArray<readonly [string, unknown]> = [
  ['false', false],
  ['true', true],
  ['none', null],
  ['False', false],
  ['True', true],
  ['None', null],
  ['raise_exception', raise],
  ['range', range],
  ['strftime_now', strftimeNow],
]

// rendering --------------------------------------------------------------------------------------

/** Whether the stack or a string overflowed: the template, or a function that it calls, recurses or grows without end. */
const isEndless = (cause: unknown): boolean =>
  typeof cause === 'object' && cause !== null && 'name' in cause && cause.name === 'RangeError'

/** Compiles a template to a function that renders it. Both throw on errors, and where the template exceeds a limit. */
export const boundedTemplate = (
  source: string,
): ((items: Readonly<Record<string, unknown>>, size: number) => string) => {
  const { Environment, parse, tokenize } = library()
  const program = withinTime(maxTemplateMs, () =>
    parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true })),
  )
  return (items, size) => {
    const environment = new Environment()
    for (const [name, value] of [...globals, ...Object.entries(items)]) environment.set(name, value)
    try {
      const interpreter = boundedInterpreter(environment, size)
      return withinTime(maxTemplateMs, () => String(interpreter.run(program).value))
    } catch (cause) {
      throw isEndless(cause) ? new Exhausted('recurses or makes text without end') : cause
    }
  }
}
