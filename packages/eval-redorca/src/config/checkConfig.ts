/**
 * The configuration of a check: one model, or one model with an adapter, measured on a suite and not trained. It is the configuration
 * of a benchmark with one cell, so its results folder is a benchmark's.
 *
 * A suite is written as `suite` of a benchmark is, of which a check reads what is asked and how answers are judged; a whole
 * configuration of a benchmark serves as well. What else a suite has (models, training rows) is not read.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { camel, kebab } from '@safe/tensor-core/options'
import { isFields } from './closed'
import { type JudgeChoice, shownJudges } from './judgeChoice'
import { noneWord } from './methods'
import { givenRegime } from './regimes'

// model ------------------------------------------------------------------------------------------

/** What is measured. */
export interface Checking {
  readonly model: string
  readonly adapter: string | undefined
  /** In place of the suite's judges; empty: these. */
  readonly judges: ReadonlyArray<JudgeChoice>
  /** In place of the suite's template. */
  readonly template: string | undefined
}

type Fields = Readonly<Record<string, unknown>>

/** The word for the built-in suite. */
const arenaWord = 'arena'

/** Keys of a suite that say what is asked and how it is judged. */
const readKeys = [
  'name',
  'template',
  'evaluation',
  'validation',
  'overlap',
  'judge',
  'headline',
  'beamJudge',
  'match',
  'labels',
  'perToken',
  'threshold',
  'maxNewTokens',
]

/** Keys of a suite that a check has no use for. */
const otherKeys = [
  'models',
  'templates',
  'anchorTemplate',
  'training',
  'adapter',
  'safe',
  'references',
  'harmful',
]

// parts ------------------------------------------------------------------------------------------

const keysOf = (suite: Fields): Fields =>
  Object.fromEntries(Object.entries(suite).map(([key, value]) => [camel(key), value]))

/** The template of the aligned model, where a suite gives one for each model. */
const ownTemplate = ({ template, templates }: Fields): unknown => {
  const aligned = isFields(templates) ? templates['aligned'] : undefined
  return typeof aligned === 'string' ? aligned : template
}

const filesSuite = (
  suite: Fields,
  { model, adapter, judges, template }: Checking,
  where: string,
): E.Either<Fault, Fields> => {
  const given = keysOf(suite)
  const unknown = Object.keys(given).find((key) => !readKeys.includes(key) && !otherKeys.includes(key))
  if (unknown !== undefined)
    return E.left(
      badInput('BadConfig', `has the unknown key ${kebab(unknown)}`, {
        where,
        remedy: `use ${readKeys.map(kebab).join(', ')}`,
      }),
    )
  const { headline, ...kept } = Object.fromEntries(
    Object.entries(given).filter(([key, value]) => readKeys.includes(key) && value !== undefined),
  )
  const shown = template ?? ownTemplate(given)
  return E.right({
    ...kept,
    // Another list of judges need not have the suite's headline among them.
    ...(judges.length > 0 ? { judge: shownJudges(judges) } : headline === undefined ? {} : { headline }),
    ...(shown === undefined ? {} : { template: shown }),
    models: { aligned: model },
    // No adapter for any regime, of which there is none.
    adapter: adapter ?? {},
  })
}

const arenaSuite = (
  choice: unknown,
  { model, adapter, judges, template }: Checking,
): E.Either<Fault, Fields> => {
  const fixed = judges.length > 0 ? 'judge' : template === undefined ? undefined : 'template'
  return fixed === undefined
    ? E.right({
        arena: {
          ...(isFields(choice) ? choice : {}),
          // Also in place of an adapter of the arena that is named.
          ...{ aligned: model, adapter },
        },
      })
    : E.left(
        badInput('BadOption', 'cannot be given with the arena, which has its own', {
          field: fixed,
          remedy: 'leave it out; or write the files with redorca arena and give its bench.yaml as the suite',
        }),
      )
}

/** The suite in a file: the whole document, or its key `suite`. */
const suiteIn = (document: unknown): unknown =>
  isFields(document) && 'suite' in document ? document['suite'] : document

// constructors -----------------------------------------------------------------------------------

/**
 * The document of a benchmark that checks a model.
 *
 * @param document a suite, a configuration of a benchmark, or `arena`
 * @param where the file's name, for messages
 * @returns left: it is none of these, has a key that no suite has, or is the arena and another judge or template was given
 */
export const checkDocument = (
  document: unknown,
  checking: Checking,
  where: string,
): E.Either<Fault, Fields> => {
  const suite = suiteIn(document)
  return pipe(
    suite === arenaWord
      ? arenaSuite({}, checking)
      : !isFields(suite)
        ? E.left(
            badInput('BadConfig', 'is not a suite', {
              where,
              remedy: 'give a mapping with evaluation, or arena: docs/evaluation-sets.md',
            }),
          )
        : arenaWord in suite
          ? arenaSuite(suite[arenaWord], checking)
          : filesSuite(suite, checking, where),
    E.map((found) => ({
      suite: found,
      ...(checking.adapter === undefined
        ? { untuned: ['aligned'], regimes: [] }
        : { untuned: [], regimes: [givenRegime] }),
      stages: { data: [], training: [], weights: [], decoding: [] },
      sweep: noneWord,
    })),
  )
}
