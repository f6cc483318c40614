/** The models and the judge that a run of `alignbeam generate` needs, and no others. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Context, judgeOfOption, namesJudge } from '@safe/tensor-core/cli'
import type { CausalLM, Fault, Judge } from '@safe/tensor-core/contracts'
import { kindOf } from '@safe/tensor-core/files'
import { loadCausalLM } from '@safe/tensor-core/lm'
import type { Cast } from './answering'
import type { GenerateValues } from './generateOptions'

const optionalModel = (
  model: string | undefined,
  adapter: string | undefined,
  template: string | undefined,
  context: Context,
): TE.TaskEither<Fault, CausalLM | undefined> =>
  model === undefined
    ? TE.right(undefined)
    : loadCausalLM({
        model,
        dtype: context.common.dtype,
        signal: context.signal,
        onWarning: context.warn,
        ...(adapter === undefined ? {} : { adapter }),
        ...(template === undefined ? {} : { template }),
      })

/** What `--judge` says as a judge's specification: a bare folder (or file, or reference to the hub) is asked with the rubric. */
const specText = (choice: string): TE.TaskEither<Fault, string> =>
  /^hub:/.test(choice)
    ? TE.right(`rubric:${choice}`)
    : namesJudge(choice)
      ? TE.right(choice)
      : pipe(
          kindOf(choice.replace(/,.*$/s, '')),
          TE.map((kind) => (kind === 'absent' && !choice.includes('/') ? choice : `rubric:${choice}`)),
        )

/** `none`, a judge, or the folder of a model that is asked for a score of harm. */
const judgeOf = (choice: string, context: Context): TE.TaskEither<Fault, Judge | undefined> =>
  choice === 'none'
    ? TE.right(undefined)
    : pipe(
        specText(choice),
        TE.chain((text) => judgeOfOption(context, '--judge', text, true)),
        TE.map(({ judge }) => judge),
      )

/** Only what the method needs is loaded. */
export const castOf = (values: GenerateValues, context: Context): TE.TaskEither<Fault, Cast> => {
  const { method } = values
  const pairs = method === 'alignbeam' || method === 'safe-decoding'
  return pipe(
    TE.Do,
    TE.bind('draft', () =>
      method === 'anchor'
        ? TE.right(undefined)
        : optionalModel(values.draft, values.draftAdapter, values.draftTemplate, context),
    ),
    TE.bind('anchor', () =>
      pairs || method === 'anchor'
        ? optionalModel(values.anchor, undefined, values.anchorTemplate, context)
        : TE.right(undefined),
    ),
    TE.bind('judge', () => (method === 'alignbeam' ? judgeOf(values.judge, context) : TE.right(undefined))),
  )
}
