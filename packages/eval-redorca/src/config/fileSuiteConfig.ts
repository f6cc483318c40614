/** A suite of the user's model folders and data files, as written in a configuration. Parts that no method needs may be omitted. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { documentOf, kebab } from '@safe/tensor-core/options'
import { closed, count, optional, withDefault } from './closed'
import {
  type EvaluationFiles,
  type TaskRules,
  completedFiles,
  evaluationCodec,
  shownEvaluation,
} from './evaluationFiles'
import {
  type JudgeChoice,
  defaultBeamJudge,
  judgeChoiceCodec,
  judgeChoicesCodec,
  shownJudge,
  shownJudges,
} from './judgeChoice'
import { completedMatching, matchingFields } from './matching'
import { type NamedModels, completedModels, modelsCodec, shownModels, templatesCodec } from './suiteModels'
import { type OverlapPolicy, defaultOverlap, overlapCodec } from './overlap'
import { type Validation, shownValidation, unknownTask, validationCodec } from './validation'

// model ------------------------------------------------------------------------------------------

/** A suite of the user's models and data. The rules are those of `evaluation.task`, and of named task sets that leave them out. */
export interface FileSuite extends TaskRules, NamedModels {
  readonly name: string
  /** Undefined: nothing is trained, every regime has an adapter. */
  readonly training: TrainingFiles | undefined
  /** Adapters that were fine-tuned before, in place of the undefended fine-tune: one for every regime, or a folder per regime. */
  readonly adapter: string | Readonly<Record<string, string>> | undefined
  readonly safe: string | undefined
  readonly references: string | undefined
  /** Harmful requests with answers that comply, for the methods that read them. */
  readonly harmful: string | undefined
  readonly evaluation: EvaluationFiles
  /** The prompts that strengths are chosen on; undefined: there are none. */
  readonly validation: Validation | undefined
  /** What is done where data sets that must be disjoint have prompts in common. */
  readonly overlap: OverlapPolicy
  /** The judges that measure, at least one: `judge` in a file. The first is the headline judge unless `headline` names another. */
  readonly judges: ReadonlyArray<JudgeChoice>
  /** The id of the judge whose rates are the headline; undefined: the first judge. */
  readonly headline: string | undefined
  /** The judge that chooses among beams; by default a phrase list that does not measure. */
  readonly beamJudge: JudgeChoice
}

/** A file per regime, or clean and harmful rows that are mixed by share (`poison:0.05`, `benign`, `pure-bad`). */
export type TrainingFiles =
  | { readonly regimes: Readonly<Record<string, string>> }
  | { readonly clean: string; readonly harmful: string; readonly rows: number }

// codec ------------------------------------------------------------------------------------------

const trainingFiles: t.Type<TrainingFiles, unknown> = t.union([
  closed({ regimes: t.record(t.string, t.string) }),
  closed({ clean: t.string, harmful: t.string, rows: count }),
])

const written = closed({
  name: withDefault(t.string, 'own'),
  models: modelsCodec,
  templates: optional(templatesCodec),
  // Short forms of `templates`: one template for all models, and the anchor's.
  template: optional(t.string),
  anchorTemplate: optional(t.string),
  training: optional(trainingFiles),
  adapter: optional(t.union([t.string, t.record(t.string, t.string)])),
  safe: optional(t.string),
  references: optional(t.string),
  harmful: optional(t.string),
  evaluation: evaluationCodec,
  validation: optional(validationCodec),
  overlap: withDefault(overlapCodec, defaultOverlap),
  judge: withDefault(judgeChoicesCodec, [{ kind: 'refusal', model: undefined, options: {} }]),
  headline: optional(t.string),
  beamJudge: optional(judgeChoiceCodec),
  ...matchingFields,
  maxNewTokens: withDefault(count, 128),
})

/** What is wrong with a suite whose parts are well formed, and the keys that lead to it. */
interface Wrong {
  readonly path: ReadonlyArray<string>
  readonly message: string
}

/** The suite in full. @returns left: parts that do not go together */
const completed = (given: t.TypeOf<typeof written>): E.Either<Wrong, FileSuite> => {
  const { template, anchorTemplate, models, templates, judge, match, labels, perToken, threshold, ...rest } =
    given
  const { validation, maxNewTokens } = rest
  return pipe(
    E.Do,
    E.chainFirst(() =>
      rest.training === undefined && rest.adapter === undefined
        ? E.left<Wrong>({
            path: ['training'],
            message: 'is missing: name files of training rows, or an adapter that was fine-tuned before',
          })
        : E.right(undefined),
    ),
    E.bind('named', () => completedModels({ models, templates, template, anchorTemplate })),
    E.chainFirst(({ named }) =>
      named.alignedModels !== undefined && rest.adapter !== undefined
        ? E.left<Wrong>({
            path: ['adapter'],
            message: 'belongs to one model, and models.aligned names several: run a benchmark for each',
          })
        : E.right(undefined),
    ),
    E.bind('matching', () =>
      pipe(
        completedMatching({ match, labels, perToken, threshold }),
        E.mapLeft(({ key, message }): Wrong => ({ path: [kebab(key)], message })),
      ),
    ),
    E.bind('evaluation', ({ matching }) =>
      pipe(
        completedFiles({ matching, maxNewTokens })(rest.evaluation),
        E.mapLeft(({ task, key, message }): Wrong => ({
          path: ['evaluation', 'tasks', task, kebab(key)],
          message,
        })),
      ),
    ),
    E.chainFirst(({ evaluation }) => {
      const unknown = unknownTask(validation, evaluation)
      return unknown === undefined
        ? E.right(undefined)
        : E.left<Wrong>({
            path: ['validation'],
            message: `names the task set ${unknown}, which evaluation does not have`,
          })
    }),
    E.bind('beamJudge', () =>
      E.fromNullable<Wrong>({
        path: ['beam-judge'],
        message: 'is missing, and every phrase list measures: name the judge that chooses among beams',
      })(rest.beamJudge ?? defaultBeamJudge(judge)),
    ),
    E.map(({ named, ...parts }) => ({ ...rest, ...named, ...parts, judges: judge })),
  )
}

export const fileSuiteCodec: t.Type<FileSuite, unknown> = new t.Type<FileSuite, unknown>(
  'a suite',
  (u): u is FileSuite => typeof u === 'object' && u !== null,
  (u, c) =>
    pipe(
      written.validate(u, c),
      E.chain((given) =>
        pipe(
          completed(given),
          E.orElse(({ path, message }) =>
            t.failure<FileSuite>(
              u,
              [...c, ...path.map((key) => ({ key, type: t.unknown, actual: undefined }))],
              message,
            ),
          ),
        ),
      ),
    ),
  (a) => a,
)

// destructors ------------------------------------------------------------------------------------

/** The complete suite as it is written to a file, in kebab-case. */
export const shownFileSuite = (suite: FileSuite): unknown => {
  const { judges, headline, beamJudge, matching, maxNewTokens, ...files } = suite
  const { models, templates } = shownModels(suite)
  return documentOf({
    ...files,
    // These are by name where there are several.
    alignedModels: undefined,
    models: documentOf(models),
    templates,
    evaluation: shownEvaluation(suite.evaluation),
    validation: suite.validation === undefined ? undefined : shownValidation(suite.validation),
    judge: shownJudges(judges),
    headline,
    beamJudge: shownJudge(beamJudge),
    ...matching,
    maxNewTokens,
  })
}
