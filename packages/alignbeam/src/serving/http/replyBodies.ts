/** The JSON of an answer: a response in one piece, or the chunks of a stream. */
import { contentHash } from '@safe/tensor-core/files'
import type { ServedModels } from '../contract'
import { type ChoiceState, type DoneReply, type Progress, usageOf } from './choiceState'
import type { Body, Shape } from './shape'
import type { Wanted } from './wanted'

// model ------------------------------------------------------------------------------------------

/** What all chunks of an answer have in common. */
export interface Head {
  readonly id: string
  /** Seconds since 1970. */
  readonly created: number
  readonly model: string
  readonly system_fingerprint: string
}

/** An answer in the making: what was wanted, and how it is written. */
export interface Writing {
  readonly shape: Shape
  readonly head: Head
  readonly wanted: Wanted
}

// constructors -----------------------------------------------------------------------------------

/** Changes when other models are served. */
export const fingerprintOf = (models: ServedModels): string => `fp_${contentHash(models).slice(0, 10)}`

/** Whether the tokens of a choice are needed at its end. */
export const needsTokens = ({ generation, account, stream }: Wanted): boolean =>
  account || (!stream && generation.logProbs !== undefined)

// parts ------------------------------------------------------------------------------------------

const logProbsOf = (
  { shape, wanted }: Writing,
  tokens: ChoiceState['tokens'],
  before: number,
): Body | null => {
  const { logProbs } = wanted.generation
  return logProbs === undefined ? null : shape.logProbs(tokens, before, logProbs)
}

const byChooser = (tokens: ChoiceState['tokens']) => tokens.map(({ text, by }) => ({ text, by }))

/** How a choice came about, where the request wants to know. */
const accountOf = ({ wanted }: Writing, { tokens }: ChoiceState, { account }: DoneReply): Body =>
  wanted.account ? { alignbeam: { ...account, tokens: byChooser(tokens) } } : {}

// one piece --------------------------------------------------------------------------------------

/** The body of a response in one piece. @param states all choices, all of them done */
export const wholeBody = (writing: Writing, states: ReadonlyArray<ChoiceState>): Body => ({
  ...writing.head,
  object: writing.shape.wholeObject,
  choices: states.flatMap((state, index) =>
    state.done === undefined
      ? []
      : [
          {
            index,
            ...writing.shape.whole(state.text, state.done.finishReason, logProbsOf(writing, state.tokens, 0)),
            ...accountOf(writing, state, state.done),
          },
        ],
  ),
  usage: usageOf(states, writing.wanted.choices),
})

// chunks -----------------------------------------------------------------------------------------

const chunk = ({ head, shape, wanted }: Writing, choices: ReadonlyArray<Body>): Body => ({
  ...head,
  object: shape.chunkObject,
  choices,
  // OpenAI sends null in all chunks but the last where usage is wanted, and nothing where it is not.
  ...(wanted.includeUsage ? { usage: null } : {}),
})

/** Chunks before any text. @param count choices */
export const openingChunks = (writing: Writing, count: number): ReadonlyArray<Body> => {
  const { opening } = writing.shape
  return opening === undefined
    ? []
    : Array.from({ length: count }, (_, index) => chunk(writing, [{ index, ...opening }]))
}

/** The chunks of one reply. @param before the choice before it @param after the choice with it */
export const progressChunks = (
  writing: Writing,
  index: number,
  before: ChoiceState,
  after: ChoiceState,
  reply: Progress,
): ReadonlyArray<Body> =>
  reply.kind === 'done'
    ? [
        chunk(writing, [
          { index, ...writing.shape.closing(reply.finishReason), ...accountOf(writing, after, reply) },
        ]),
      ]
    : reply.text === '' && reply.tokens.length === 0
      ? []
      : [
          chunk(writing, [
            {
              index,
              ...writing.shape.delta(reply.text, logProbsOf(writing, reply.tokens, before.characters)),
              ...(writing.wanted.account ? { alignbeam: { tokens: byChooser(reply.tokens) } } : {}),
            },
          ]),
        ]

/** Chunks after the last choice. */
export const endingChunks = (writing: Writing, states: ReadonlyArray<ChoiceState>): ReadonlyArray<Body> =>
  writing.wanted.includeUsage
    ? [{ ...chunk(writing, []), usage: usageOf(states, writing.wanted.choices) }]
    : []
