/** A suite made of a user's own model folders and data files, as a configuration writes it. What no method needs may be left out. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { judgeEntry } from '@safe/tensor-core/judges'
import { closed, count, oneOf, optional, withDefault } from './closed'

// model ------------------------------------------------------------------------------------------

/** The chat template where the tokenizer has one, else `qa`. */
export const autoTemplate = 'auto'

/** How each model's prompts become tokens: `auto`, `chat`, `qa`, `none`, or a Jinja file. */
export interface Templates {
  readonly base: string
  readonly aligned: string
  readonly anchor: string
}

/** A suite of a user's own. */
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
  /** The judge that chooses among beams; where left out, a phrase list that does not measure. */
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
  // One template for all models, and the anchor's own: what `templates` says in full.
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

/** The default of `beam-judge`: never the judge that measures, so that no method is measured by what it chose with. */
const beamJudgeBeside = (measuring: string): string =>
  judgeEntry(measuring)?.name === 'refusal-openings' ? 'refusal' : 'refusal-openings'

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
          beamJudge: rest.beamJudge ?? beamJudgeBeside(rest.judge),
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
