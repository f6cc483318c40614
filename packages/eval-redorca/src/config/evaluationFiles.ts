/**
 * The files of evaluation prompts as a configuration names them: one file per kind, or several sets with a name each. A task set has
 * its own rule and its own limit.
 */
import * as t from 'io-ts'
import { documentOf } from '@safe/tensor-core/options'
import { closed, count, isFields, oneOf, optional } from './closed'

// model ------------------------------------------------------------------------------------------

/** One file of prompts, or several by the names of their sets. */
export type SetFiles = string | Readonly<Record<string, string>>

/** How a task's answer is compared: whole text, or the last number in it (GSM8K). */
export const matchRules = ['text', 'last-number'] as const
/** The name of such a rule. */
export type MatchRule = (typeof matchRules)[number]

/** How the answers of a task are obtained and compared. */
export interface TaskRules {
  readonly match: MatchRule
  readonly maxNewTokens: number
}

/** A named set of task rows. */
export interface TaskSet extends TaskRules {
  readonly file: string
}

/** The files of each kind of prompts. Without a file, a kind has none. */
export interface EvaluationFiles {
  readonly harmful: SetFiles
  readonly lookalike: SetFiles | undefined
  readonly benign: SetFiles | undefined
  /** A task set without a name, under the suite's own rules. */
  readonly task: string | undefined
  readonly tasks: Readonly<Record<string, TaskSet>> | undefined
}

/** The files as they are written: a task set may leave out what the suite says. */
export interface WrittenEvaluation extends Omit<EvaluationFiles, 'tasks'> {
  readonly tasks: Readonly<Record<string, WrittenTaskSet>> | undefined
}

type WrittenTaskSet =
  string | (Pick<TaskSet, 'file'> & { readonly [K in keyof TaskRules]: TaskRules[K] | undefined })

// codecs -----------------------------------------------------------------------------------------

/** A mapping from names of sets, at least one. Names are parts of ids, before a slash. */
export const namedSets = <A>(value: t.Type<A, unknown>): t.Type<Readonly<Record<string, A>>, unknown> => {
  const record = t.record(t.string, value)
  return new t.Type<Readonly<Record<string, A>>, unknown>(
    'a mapping of names',
    record.is.bind(record),
    (u, c) => {
      if (!isFields(u)) return t.failure(u, c)
      const names = Object.keys(u)
      const wrong = names.find((name) => name === '' || name.includes('/'))
      return names.length === 0
        ? t.failure(u, c, 'names no set')
        : wrong === undefined
          ? record.validate(u, c)
          : t.failure(u, c, `has a set named ${JSON.stringify(wrong)}; a name is not empty and has no slash`)
    },
    (a) => record.encode({ ...a }),
  )
}

const named = namedSets(t.string)

/** Not a union, whose branches would stand in the paths of errors. */
export const setFilesCodec: t.Type<SetFiles, unknown> = new t.Type<SetFiles, unknown>(
  'a file or a mapping of names to files',
  (u): u is SetFiles => t.string.is(u) || named.is(u),
  (u, c) => (t.string.is(u) ? t.success(u) : isFields(u) ? named.validate(u, c) : t.failure(u, c)),
  (a) => a,
)

const writtenTask = closed({
  file: t.string,
  match: optional(oneOf(...matchRules)),
  maxNewTokens: optional(count),
})

const taskSetCodec: t.Type<WrittenTaskSet, unknown> = new t.Type<WrittenTaskSet, unknown>(
  'a file or a mapping with file',
  (u): u is WrittenTaskSet => t.string.is(u) || writtenTask.is(u),
  (u, c) => (t.string.is(u) ? t.success(u) : isFields(u) ? writtenTask.validate(u, c) : t.failure(u, c)),
  (a) => a,
)

export const evaluationCodec: t.Type<WrittenEvaluation, unknown> = closed({
  harmful: setFilesCodec,
  lookalike: optional(setFilesCodec),
  benign: optional(setFilesCodec),
  task: optional(t.string),
  tasks: optional(namedSets(taskSetCodec)),
})

// constructors -----------------------------------------------------------------------------------

/** The files in full: what a task set leaves out is the suite's. */
export const completedFiles =
  (suite: TaskRules) =>
  ({ tasks, ...files }: WrittenEvaluation): EvaluationFiles => ({
    ...files,
    tasks:
      tasks === undefined
        ? undefined
        : Object.fromEntries(
            Object.entries(tasks).map(([name, set]) => {
              const { file, match, maxNewTokens } =
                typeof set === 'string' ? { file: set, match: undefined, maxNewTokens: undefined } : set
              return [
                name,
                { file, match: match ?? suite.match, maxNewTokens: maxNewTokens ?? suite.maxNewTokens },
              ]
            }),
          ),
  })

// destructors ------------------------------------------------------------------------------------

/** The files of sets with the names of those that have one. */
export const filesOf = (
  sets: SetFiles | undefined,
): ReadonlyArray<{ readonly name: string | undefined; readonly file: string }> =>
  sets === undefined
    ? []
    : typeof sets === 'string'
      ? [{ name: undefined, file: sets }]
      : Object.entries(sets).map(([name, file]) => ({ name, file }))

/** The files as they are written to a file, in kebab-case. */
export const shownEvaluation = ({ tasks, ...files }: EvaluationFiles): unknown =>
  documentOf({
    ...files,
    tasks:
      tasks === undefined
        ? undefined
        : Object.fromEntries(Object.entries(tasks).map(([name, set]) => [name, documentOf({ ...set })])),
  })
