/**
 * The files of evaluation prompts as a configuration names them: one file per kind, or several sets with a name each. A task set has
 * its own rule and its own limit.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { documentOf } from '@safe/tensor-core/options'
import { closed, count, isFields, optional } from './closed'
import {
  type Matching,
  type WrittenMatching,
  type WrongOption,
  completedMatching,
  matchingFields,
} from './matching'

// model ------------------------------------------------------------------------------------------

/** One file of prompts, or several by the names of their sets. */
export type SetFiles = string | Readonly<Record<string, string>>

/** How the answers of a task are obtained and compared. */
export interface TaskRules {
  readonly matching: Matching
  /** Longest completion, tokens. */
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
  /** Texts whose perplexity is measured. */
  readonly perplexity: string | undefined
}

/** A task set as it is written: it may leave out what the suite says. */
interface WrittenTaskSet extends WrittenMatching {
  readonly file: string
  readonly maxNewTokens: number | undefined
}

/** The files as they are written. */
export interface WrittenEvaluation extends Omit<EvaluationFiles, 'tasks'> {
  readonly tasks: Readonly<Record<string, WrittenTaskSet>> | undefined
}

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

const taskFields = closed({ file: t.string, ...matchingFields, maxNewTokens: optional(count) })

/** A file alone is a set that leaves out everything else. */
const taskSetCodec: t.Type<WrittenTaskSet, unknown> = new t.Type<WrittenTaskSet, unknown>(
  'a file or a mapping with file',
  taskFields.is.bind(taskFields),
  (u, c) =>
    t.string.is(u) || isFields(u)
      ? taskFields.validate(t.string.is(u) ? { file: u } : u, c)
      : t.failure(u, c),
  (a) => a,
)

export const evaluationCodec: t.Type<WrittenEvaluation, unknown> = closed({
  harmful: setFilesCodec,
  lookalike: optional(setFilesCodec),
  benign: optional(setFilesCodec),
  task: optional(t.string),
  tasks: optional(namedSets(taskSetCodec)),
  perplexity: optional(t.string),
})

// constructors -----------------------------------------------------------------------------------

/** An option of a task set that is out of place. */
export interface WrongTask extends WrongOption {
  /** The name of the task set. */
  readonly task: string
}

/** The files in full: what a task set leaves out is the suite's. @returns left: an option that a set's rule does not read */
export const completedFiles =
  (suite: TaskRules) =>
  ({ tasks, ...files }: WrittenEvaluation): E.Either<WrongTask, EvaluationFiles> =>
    pipe(
      Object.entries(tasks ?? {}),
      E.traverseArray(([task, { file, maxNewTokens = suite.maxNewTokens, ...written }]) =>
        pipe(
          completedMatching(written, suite.matching),
          E.bimap(
            (wrong): WrongTask => ({ ...wrong, task }),
            (matching) => [task, { file, matching, maxNewTokens }] as const,
          ),
        ),
      ),
      E.map((sets) => ({ ...files, tasks: tasks === undefined ? undefined : Object.fromEntries(sets) })),
    )

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

const shownTask = ({ file, matching, maxNewTokens }: TaskSet): unknown =>
  documentOf({ file, ...matching, maxNewTokens })

/** The files as they are written to a file, in kebab-case. */
export const shownEvaluation = ({ tasks, ...files }: EvaluationFiles): unknown =>
  documentOf({
    ...files,
    tasks:
      tasks === undefined
        ? undefined
        : Object.fromEntries(Object.entries(tasks).map(([name, set]) => [name, shownTask(set)])),
  })
