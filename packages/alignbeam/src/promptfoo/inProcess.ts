/** Answers of two models in this process. They are loaded with the first prompt, and answer one prompt after the other. */
import { type CausalLM, type Fault, interrupted } from '@safe/tensor-core/contracts'
import { selectEngine } from '@safe/tensor-core/engine'
import { loadCausalLM } from '@safe/tensor-core/lm'
import { defaultsOf } from '@safe/tensor-core/options'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { answerBatch } from '../mixing/answer'
import { completionOptions } from '../options'
import { alignBeamMixer, defaultSettings } from '../settings'
import type { Answered, Answerer } from './answerer'
import type { ProviderConfig } from './options'

const { repetitionPenalty } = defaultsOf(completionOptions)

type Config = Extract<ProviderConfig, { readonly kind: 'inProcess' }>

// models -----------------------------------------------------------------------------------------

interface Opened {
  readonly draft: CausalLM
  readonly answer: ReturnType<ReturnType<typeof answerBatch>>
  readonly dispose: () => void
}

const opened = (config: Config): TE.TaskEither<Fault, Opened> => {
  const settings = {
    ...defaultSettings,
    alpha: config.alpha ?? defaultSettings.alpha,
    beams: config.beams ?? defaultSettings.beams,
    bridgeTokens: config.bridgeTokens ?? defaultSettings.bridgeTokens,
  }
  const free =
    (...models: ReadonlyArray<CausalLM>) =>
    <A>(next: TE.TaskEither<Fault, A>): TE.TaskEither<Fault, A> =>
      pipe(
        next,
        TE.tapError(() => TE.fromIO(() => models.forEach((model) => model.dispose()))),
      )
  return pipe(
    selectEngine('auto'),
    TE.chainW(() => loadCausalLM({ model: config.draft })),
    TE.mapLeft((fault): Fault => fault),
    TE.bindTo('draft'),
    TE.bind('anchor', ({ draft }) => pipe(loadCausalLM({ model: config.anchor }), free(draft))),
    TE.bind('mixer', ({ draft, anchor }) =>
      pipe(TE.fromEither(alignBeamMixer(anchor, draft, settings)), free(draft, anchor)),
    ),
    TE.map(({ draft, anchor, mixer }) => ({
      draft,
      answer: answerBatch(anchor, mixer, undefined, settings)(draft),
      dispose: () => {
        draft.dispose()
        anchor.dispose()
      },
    })),
  )
}

// answers ----------------------------------------------------------------------------------------

const answeredBy =
  ({ maxTokens, temperature, seed }: Config, { draft, answer }: Opened) =>
  (messages: Parameters<Answerer['answer']>[0]): TE.TaskEither<Fault, Answered> => {
    const prompt = { kind: 'messages', messages } as const
    return pipe(
      draft.encodePrompt(prompt),
      TE.bindTo('tokens'),
      TE.bindW('answers', () =>
        answer([{ prompt }], {
          maxNewTokens: maxTokens,
          temperature,
          seed,
          topP: 1,
          topK: 0,
          repetitionPenalty,
          stop: [],
        }),
      ),
      TE.mapLeft((fault): Fault => fault),
      TE.chain(({ tokens, answers: [first] }) =>
        first === undefined
          ? TE.left<Fault, Answered>(interrupted('Interrupted', 'the models were stopped'))
          : TE.right({
              text: first.completion.text,
              finishReason: first.completion.finishReason,
              promptTokens: tokens.length,
              completionTokens: first.completion.tokens.length,
              account: {
                chosen: first.chosen,
                beams: first.beams.map(({ completion, verdict }) => ({
                  completion: completion.text,
                  verdict,
                })),
                telemetry: first.telemetry,
              },
            }),
      ),
    )
  }

// constructor ------------------------------------------------------------------------------------

/** Draft and anchor in this process. There is no judge: the most probable beam is returned. */
export const inProcessAnswerer = (config: Config): Answerer => {
  const state: { last: Promise<unknown>; models?: Promise<E.Either<Fault, Opened>> } = {
    last: Promise.resolve(),
  }
  /** One after the other: two completions at once would take twice the memory and no less time. */
  const inTurn = <A>(work: () => Promise<A>): Promise<A> => {
    const mine = state.last.then(work)
    state.last = mine
    return mine
  }
  return {
    answer: (messages, signal) => () =>
      inTurn(() =>
        signal?.aborted === true
          ? Promise.resolve(E.left(interrupted('Interrupted', 'the call was given up')))
          : pipe(
              () => (state.models ??= opened(config)()),
              TE.chain((models) => answeredBy(config, models)(messages)),
            )(),
      ),
    dispose: () =>
      inTurn(async () => {
        const models = await state.models
        delete state.models
        if (models !== undefined && E.isRight(models)) models.right.dispose()
      }),
  }
}
