/** The models and the judge that a run of `alignbeam generate` needs, and no others. */
import * as T from 'fp-ts/Task'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Context, judgeUseOf, namesJudge } from '@safe/tensor-core/cli'
import type { CausalLM, Fault } from '@safe/tensor-core/contracts'
import { kindOf } from '@safe/tensor-core/files'
import { type OpenedJudge, isAddress, openJudge } from '@safe/tensor-core/judges'
import { loadCausalLM } from '@safe/tensor-core/lm'
import { readyBridge } from '../settings'
import type { Cast } from './answering'
import { bridgeCacheOf } from './bridgeCacheOption'
import type { GenerateValues } from './generateOptions'
import { isRemote } from '../remote/remoteModel'
import { openRemote } from './openRemote'

/** The model of this role: from its folder, or behind its URL. */
const modelOf = (
  role: 'draft' | 'anchor',
  values: GenerateValues,
  context: Context,
): TE.TaskEither<Fault, Cast['draft']> => {
  const model = values[role]
  if (model === undefined) return TE.right(undefined)
  if (isAddress(model)) return openRemote(role, model, values, context)
  const template = values[`${role}Template`]
  const adapter = role === 'draft' ? values.draftAdapter : undefined
  return loadCausalLM({
    model,
    dtype: context.common.dtype,
    signal: context.signal,
    onWarning: context.warn,
    ...(adapter === undefined ? {} : { adapter }),
    ...(template === undefined ? {} : { template }),
  })
}

/** What `--judge` says as a judge's specification: a bare folder (or file, reference to the hub, address) is asked with the rubric. */
const specText = (choice: string): TE.TaskEither<Fault, string> =>
  /^(hub:|https?:\/\/)/i.test(choice)
    ? TE.right(`rubric:${choice}`)
    : namesJudge(choice) || /^[\w@-]+:https?:\/\//i.test(choice)
      ? TE.right(choice)
      : pipe(
          kindOf(choice.replace(/,.*$/s, '')),
          TE.map((kind) => (kind === 'absent' && !choice.includes('/') ? choice : `rubric:${choice}`)),
        )

/** `none`, a judge, or a model that is asked for a score of harm: the anchor itself where the judge has its weights. */
const judgeOf = (
  choice: string,
  context: Context,
  anchor: () => ReadonlyArray<CausalLM>,
): TE.TaskEither<Fault, OpenedJudge | undefined> =>
  choice === 'none'
    ? TE.right(undefined)
    : pipe(
        specText(choice),
        TE.chainW((text) => openJudge(text, { ...judgeUseOf(context), inMemory: anchor })),
        TE.mapLeft((fault): Fault => ({ ...fault, where: fault.where ?? '--judge' })),
      )

const usesPair = ({ method }: GenerateValues): boolean => method === 'alignbeam' || method === 'safe-decoding'

/** Whether a model of this run may be in this process, so that the engine is needed. */
export const runsHere = (values: GenerateValues): boolean => {
  const { method, draft, anchor, judge } = values
  const used = [
    method === 'anchor' ? undefined : draft,
    usesPair(values) || method === 'anchor' ? anchor : undefined,
  ]
  return (
    used.some((model) => model !== undefined && !isAddress(model)) ||
    (method === 'alignbeam' && judge !== 'none')
  )
}

/** What was opened before is freed where the next part cannot be. */
const orFree =
  (...opened: ReadonlyArray<{ readonly dispose: () => void } | undefined>) =>
  <A>(part: TE.TaskEither<Fault, A>): TE.TaskEither<Fault, A> =>
    pipe(
      part,
      TE.tapError(() => TE.fromIO(() => opened.forEach((o) => o?.dispose()))),
    )

/** Only what the method needs is loaded; a judge that cannot be opened is found out before models are loaded. */
export const castOf = (values: GenerateValues, context: Context): TE.TaskEither<Fault, Cast> => {
  const { method } = values
  const pairs = usesPair(values)
  const loaded: { anchors: ReadonlyArray<CausalLM> } = { anchors: [] }
  return pipe(
    TE.Do,
    TE.bind('judge', () =>
      method === 'alignbeam' ? judgeOf(values.judge, context, () => loaded.anchors) : TE.right(undefined),
    ),
    TE.bind('draft', ({ judge }) =>
      method === 'anchor' ? TE.right(undefined) : pipe(modelOf('draft', values, context), orFree(judge)),
    ),
    TE.bind('anchor', ({ judge, draft }) =>
      pairs || method === 'anchor'
        ? pipe(modelOf('anchor', values, context), orFree(judge, draft))
        : TE.right(undefined),
    ),
    TE.chainFirstTaskK(({ draft, anchor }) =>
      method === 'alignbeam' &&
      draft !== undefined &&
      anchor !== undefined &&
      !isRemote(draft) &&
      !isRemote(anchor)
        ? readyBridge(anchor, draft, values.multi, bridgeCacheOf(values, context))
        : T.of(undefined),
    ),
    TE.tapIO(({ anchor }) => () => {
      loaded.anchors = anchor === undefined || isRemote(anchor) ? [] : [anchor]
    }),
    TE.map(({ judge, draft, anchor }) => ({
      draft,
      anchor,
      judge: judge?.judge,
      dispose: () => [draft, anchor, judge].forEach((o) => o?.dispose()),
    })),
  )
}
