/** A suite of the user's model folders and data files, as written in a configuration. Parts that no method needs may be omitted. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { judgeEntry, parseJudgeSpec } from '@safe/tensor-core/judges'
import { closed, count, oneOf, optional, withDefault } from './closed'

// model ------------------------------------------------------------------------------------------

/** The chat template where the tokenizer has one, otherwise `qa`. */
export const autoTemplate = 'auto'

/** How each model's prompts become tokens: `auto`, `chat`, `qa`, `none`, or a Jinja file. */
export interface Templates {
  readonly base: string
  readonly aligned: string
  readonly anchor: string
}

/** A suite of the user's models and data. */
export interface FileSuite {
  readonly name: string
  readonly models: {
    readonly base: string | undefined
    readonly aligned: string
    readonly anchor: string | undefined
  }
  readonly templates: Templates
  readonly training: TrainingFiles
  readonly safe: string | undefined
  readonly references: string | undefined
  readonly evaluation: {
    readonly harmful: string
    readonly lookalike: string | undefined
    readonly benign: string | undefined
    readonly task: string | undefined
  }
  /** The judge that measures. */
  readonly judge: string
  /** The judge that chooses among beams; by default a phrase list other than `judge`. */
  readonly beamJudge: string
  /** How a task's answer is compared: whole text, or the last number in it (GSM8K). */
  readonly match: 'text' | 'last-number'
  readonly maxNewTokens: number
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
  models: closed({ base: optional(t.string), aligned: t.string, anchor: optional(t.string) }),
  templates: optional(
    closed({ base: optional(t.string), aligned: optional(t.string), anchor: optional(t.string) }),
  ),
  // Short forms of `templates`: one template for all models, and the anchor's.
  template: optional(t.string),
  anchorTemplate: optional(t.string),
  training: trainingFiles,
  safe: optional(t.string),
  references: optional(t.string),
  evaluation: closed({
    harmful: t.string,
    lookalike: optional(t.string),
    benign: optional(t.string),
    task: optional(t.string),
  }),
  judge: withDefault(t.string, 'refusal'),
  beamJudge: optional(t.string),
  match: withDefault(oneOf('text', 'last-number'), 'text'),
  maxNewTokens: withDefault(count, 128),
})

/** The default of `beam-judge`: never the judge that measures, so that no method is measured by the judge it chooses with. */
const defaultBeamJudge = (measuring: string): string =>
  pipe(
    parseJudgeSpec(measuring),
    E.exists(({ kind }) => judgeEntry(kind)?.name === 'refusal-openings'),
  )
    ? 'refusal'
    : 'refusal-openings'

export const fileSuiteCodec: t.Type<FileSuite, unknown> = new t.Type<FileSuite, unknown>(
  'a suite',
  (u): u is FileSuite => typeof u === 'object' && u !== null,
  (u, c) =>
    pipe(
      written.validate(u, c),
      E.map(({ template, anchorTemplate, templates, ...rest }): FileSuite => {
        const all = template ?? autoTemplate
        return {
          ...rest,
          beamJudge: rest.beamJudge ?? defaultBeamJudge(rest.judge),
          templates: {
            base: templates?.base ?? all,
            aligned: templates?.aligned ?? all,
            anchor: templates?.anchor ?? anchorTemplate ?? all,
          },
        }
      }),
    ),
  (a) => a,
)
