/**
 * The models of a suite as a file names them: one aligned model, or several by name, each with its base, anchor and templates. What is
 * not given by name is shared by all of them.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type * as t from 'io-ts'
import { closed, optional } from './closed'
import { setFilesCodec } from './evaluationFiles'

// model ------------------------------------------------------------------------------------------

/** The chat template where the tokenizer has one, otherwise `qa`. */
export const autoTemplate = 'auto'

/** How each model's prompts become tokens: `auto`, `chat`, `qa`, `none`, or a Jinja file. */
export interface Templates {
  readonly base: string
  readonly aligned: string
  readonly anchor: string
}

/** The models of a suite, and how their prompts become tokens. */
export interface SuiteModels {
  /** Model folders. `aligned` is fine-tuned; `base` is the model before alignment; `anchor` is a small aligned model. */
  readonly models: {
    readonly base: string | undefined
    readonly aligned: string
    readonly anchor: string | undefined
  }
  readonly templates: Templates
}

/** The models of a suite; of several aligned models `models` and `templates` are those of the first. */
export interface NamedModels extends SuiteModels {
  readonly alignedModels?: Readonly<Record<string, SuiteModels>>
}

// codecs -----------------------------------------------------------------------------------------

const parts = ['base', 'aligned', 'anchor'] as const
type Part = (typeof parts)[number]

export const modelsCodec = closed({
  base: optional(setFilesCodec),
  aligned: setFilesCodec,
  anchor: optional(setFilesCodec),
})

export const templatesCodec = closed({
  base: optional(setFilesCodec),
  aligned: optional(setFilesCodec),
  anchor: optional(setFilesCodec),
})

/** The models as they are written. */
export interface WrittenModels {
  readonly models: t.TypeOf<typeof modelsCodec>
  readonly templates: t.TypeOf<typeof templatesCodec> | undefined
  /** Short forms of `templates`: one template for all models, and the anchor's. */
  readonly template: string | undefined
  readonly anchorTemplate: string | undefined
}

/** What is wrong, and the keys that lead to it. */
export interface WrongModels {
  readonly path: ReadonlyArray<string>
  readonly message: string
}

// constructors -----------------------------------------------------------------------------------

type Choice = string | Readonly<Record<string, string>> | undefined

/** What a model of this name has; what is not given by name is shared. */
const ofName = (choice: Choice, name: string): string | undefined =>
  choice === undefined || typeof choice === 'string' ? choice : choice[name]

/** Names under a part are those of the aligned models, all of them. */
const checkedNames =
  (names: ReadonlyArray<string> | undefined) =>
  (key: string, choices: Partial<Record<Part, Choice>>): E.Either<WrongModels, void> => {
    for (const part of parts) {
      const choice = choices[part]
      if (choice === undefined || typeof choice === 'string') continue
      if (names === undefined)
        return E.left({
          path: [key, part],
          message: 'has names, but there is one aligned model; give names under models.aligned as well',
        })
      const unknown = Object.keys(choice).find((name) => !names.includes(name))
      const missing = names.find((name) => choice[name] === undefined)
      if (unknown !== undefined)
        return E.left({ path: [key, part], message: `names ${unknown}, which models.aligned does not have` })
      if (missing !== undefined)
        return E.left({ path: [key, part], message: `has none for ${missing}, one of models.aligned` })
    }
    return E.right(undefined)
  }

/** The models in full. @returns left: names that do not go together */
export const completedModels = ({
  models,
  templates,
  template = autoTemplate,
  anchorTemplate,
}: WrittenModels): E.Either<WrongModels, NamedModels> => {
  const names = typeof models.aligned === 'string' ? undefined : Object.keys(models.aligned)
  const check = checkedNames(names)
  const of = (name: string): SuiteModels => ({
    models: {
      base: ofName(models.base, name),
      aligned: ofName(models.aligned, name) ?? '',
      anchor: ofName(models.anchor, name),
    },
    templates: {
      base: ofName(templates?.base, name) ?? template,
      aligned: ofName(templates?.aligned, name) ?? template,
      anchor: ofName(templates?.anchor, name) ?? anchorTemplate ?? template,
    },
  })
  return pipe(
    check('models', models),
    E.chain(() => check('templates', templates ?? {})),
    E.map(() =>
      names === undefined
        ? of('')
        : {
            ...of(names[0] ?? ''),
            alignedModels: Object.fromEntries(names.map((name) => [name, of(name)])),
          },
    ),
  )
}

// destructors ------------------------------------------------------------------------------------

/** The models as they are written to a file: of several aligned models every part by name. */
export const shownModels = ({
  models,
  templates,
  alignedModels,
}: NamedModels): Pick<WrittenModels, 'models'> & { readonly templates: WrittenModels['templates'] } => {
  if (alignedModels === undefined) return { models, templates }
  const entries = Object.entries(alignedModels)
  const byName = (value: (of: SuiteModels) => string | undefined): Readonly<Record<string, string>> =>
    Object.fromEntries(
      entries.flatMap(([name, of]) => {
        const found = value(of)
        return found === undefined ? [] : [[name, found]]
      }),
    )
  const ifAny = (all: Readonly<Record<string, string>>) => (Object.keys(all).length === 0 ? undefined : all)
  return {
    models: {
      base: ifAny(byName((of) => of.models.base)),
      aligned: byName((of) => of.models.aligned),
      anchor: ifAny(byName((of) => of.models.anchor)),
    },
    templates: {
      base: byName((of) => of.templates.base),
      aligned: byName((of) => of.templates.aligned),
      anchor: byName((of) => of.templates.anchor),
    },
  }
}
