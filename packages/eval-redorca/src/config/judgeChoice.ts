/**
 * The judges that a configuration names: one of tensor-core's as text `KIND[:MODEL][,option=value...]` or as a mapping
 * `{kind, model, options}`, or the user's own as a mapping `{use, name, options}`, loaded from a module as methods are.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import type { Parameters } from '@safe/tensor-core/contracts'
import { type JudgeSpec, isAddress, judgeSpecText, parseJudgeSpec } from '@safe/tensor-core/judges'
import { documentOf, kebab } from '@safe/tensor-core/options'
import { closed, optional, options, withDefault } from './closed'

// model ------------------------------------------------------------------------------------------

/** A judge of the user's own: the entry `name` of the `judges` that the module `use` exports. */
export interface OwnJudge {
  readonly use: string
  readonly name: string
  readonly options: Parameters
}

/** A judge to be opened. */
export type JudgeChoice = JudgeSpec | OwnJudge

/** Whether a judge comes from the user's own module. */
export const isOwnJudge = (choice: JudgeChoice): choice is OwnJudge => 'use' in choice

// codecs -----------------------------------------------------------------------------------------

const own = closed({ use: t.string, name: t.string, options: withDefault(options, {}) })

const scalar = t.union([t.string, t.number, t.boolean])
const mapping = closed({
  kind: t.string,
  model: optional(t.string),
  options: withDefault(t.record(t.string, scalar), {}),
})

/** Options of a kind are text, whatever YAML makes of them, under their names on a command line. */
const specOf = ({ kind, model, options: given }: t.TypeOf<typeof mapping>): JudgeSpec => ({
  kind,
  model,
  options: Object.fromEntries(Object.entries(given).map(([name, value]) => [kebab(name), String(value)])),
})

const isRecord = (u: unknown): u is Readonly<Record<string, unknown>> =>
  typeof u === 'object' && u !== null && !Array.isArray(u)

/** A judge as a configuration names it. */
export const judgeChoiceCodec: t.Type<JudgeChoice, unknown> = new t.Type<JudgeChoice, unknown>(
  'a judge',
  (u): u is JudgeChoice => isRecord(u) && ('kind' in u || 'use' in u),
  (u, c): t.Validation<JudgeChoice> =>
    typeof u === 'string'
      ? pipe(
          parseJudgeSpec(u),
          E.orElse((fault) => t.failure<JudgeSpec>(u, c, `${fault.message}; ${fault.remedy ?? ''}`)),
        )
      : !isRecord(u)
        ? t.failure(u, c, 'must be KIND[:MODEL][,option=value], or a mapping with kind or with use and name')
        : 'use' in u
          ? own.validate(u, c)
          : pipe(mapping.validate(u, c), E.map(specOf)),
  (a) => shownJudge(a),
)

/** One judge or a list of them; not a union, whose branches would stand in the paths of errors. */
export const judgeChoicesCodec: t.Type<ReadonlyArray<JudgeChoice>, unknown> = new t.Type<
  ReadonlyArray<JudgeChoice>,
  unknown
>(
  'one or more judges',
  (u): u is ReadonlyArray<JudgeChoice> => Array.isArray(u) && u.length > 0 && u.every(judgeChoiceCodec.is),
  (u, c) =>
    Array.isArray(u)
      ? u.length === 0
        ? t.failure(u, c, 'names no judge')
        : t.readonlyArray(judgeChoiceCodec).validate(u, c)
      : pipe(
          judgeChoiceCodec.validate(u, c),
          E.map((choice) => [choice]),
        ),
  (a) => shownJudges(a),
)

// destructors ------------------------------------------------------------------------------------

/** A judge as it is written to a file: text where the text means the same, else a mapping. */
export const shownJudge = (choice: JudgeChoice): unknown => {
  if (isOwnJudge(choice)) return { use: choice.use, name: choice.name, options: documentOf(choice.options) }
  const text = judgeSpecText(choice)
  const read = parseJudgeSpec(text)
  const same =
    E.isRight(read) &&
    read.right.kind === choice.kind &&
    read.right.model === choice.model &&
    JSON.stringify(read.right.options) === JSON.stringify(choice.options)
  return same
    ? text
    : {
        kind: choice.kind,
        ...(choice.model === undefined ? {} : { model: choice.model }),
        options: choice.options,
      }
}

/** Judges as they are written to a file: one alone without a list. */
export const shownJudges = (choices: ReadonlyArray<JudgeChoice>): unknown => {
  const [first, ...more] = choices.map(shownJudge)
  return more.length === 0 ? first : [first, ...more]
}

/** The name of a judge in messages. */
export const judgeChoiceName = (choice: JudgeChoice): string =>
  isOwnJudge(choice) ? `${choice.use} (${choice.name})` : judgeSpecText(choice)

/** The model folder or file that a judge asks in this process; undefined for lists, servers and the user's own judges. */
export const judgeModel = (choice: JudgeChoice): string | undefined =>
  isOwnJudge(choice) || choice.model === undefined || isAddress(choice.model) ? undefined : choice.model

/** Phrase lists that can choose among beams, best first. */
const beamLists = ['refusal-openings', 'refusal', 'refusal-gcg', 'refusal-alignbeam'] as const

/**
 * The default judge among beams: a phrase list that does not measure, so that no method is measured by what it chooses with.
 * Undefined where every list measures.
 */
export const defaultBeamJudge = (measuring: ReadonlyArray<JudgeChoice>): JudgeChoice | undefined => {
  const kinds = measuring.flatMap((choice) => (isOwnJudge(choice) ? [] : [choice.kind.replace(/@.*$/, '')]))
  const kind = beamLists.find((list) => !kinds.includes(list))
  return kind === undefined ? undefined : { kind, model: undefined, options: {} }
}
