/**
 * Language models by capability: generate, score, or be stepped through token by token. A consumer names the narrowest
 * capability it needs, so that a server which only generates can be evaluated.
 */
import type * as TE from 'fp-ts/TaskEither'
import type { Example, Prompt } from './data'
import type { LmError } from './errors'
import type {
  Completion,
  GenerationError,
  GenerationOptions,
  GenerationRequest,
  RowRequest,
  TokenLogProb,
} from './generation'
import type { Tokenizer } from './tokenizer'

// scores -----------------------------------------------------------------------------------------

/** Teacher-forced scores of one example's response tokens. */
export interface Score {
  readonly id: string
  readonly tokens: ReadonlyArray<number>
  /** Nats, one per response token. */
  readonly logProbs: ReadonlyArray<number>
  /** Whether the response token is the most probable one (lowest id on ties), one per response token. */
  readonly correct: ReadonlyArray<boolean>
  /** Mean negative log-likelihood of the response tokens. */
  readonly nll: number
}

// steps ------------------------------------------------------------------------------------------

/** Natural log-probabilities of all tokens: [vocab]. */
export type FullDistribution = Float32Array

/** The most probable tokens and the probability of all others: most servers give no more. */
export interface PartialDistribution {
  /** Most probable first. */
  readonly top: ReadonlyArray<TokenLogProb>
  /** Probability of all other tokens together, from 0 to 1. */
  readonly restMass: number
}

/** What is known about the next token. */
export type NextToken = FullDistribution | PartialDistribution

/** One row's edit: keep the first `keep` of its tokens, then append `tokens`. */
export interface RowEdit {
  readonly keep: number
  readonly tokens: ReadonlyArray<number>
}

/**
 * Rows of tokens with what the model has computed for them. A session is a value: `edit` and `select` return a new one
 * and do not change this one, so a beam is forked by keeping both. Each is freed by its own `dispose`.
 */
export interface DecodingSession<D extends NextToken = FullDistribution> {
  /** The tokens of each row, prompt included. */
  readonly tokens: ReadonlyArray<ReadonlyArray<number>>
  /** The length of each row's prompt; the tokens after it are completion. */
  readonly promptLengths: ReadonlyArray<number>
  /** The distribution of the next token, one per row. */
  readonly logProbs: TE.TaskEither<LmError, ReadonlyArray<D>>
  /** One edit per row, ragged lengths allowed; the cache up to `keep` is reused. */
  readonly edit: (edits: ReadonlyArray<RowEdit>) => TE.TaskEither<LmError, DecodingSession<D>>
  /** The rows named, in that order; a row may be named several times (fork) or not at all (drop). */
  readonly select: (rows: ReadonlyArray<number>) => TE.TaskEither<LmError, DecodingSession<D>>
  /**
   * Generates from the current end of the rows, reusing the cache; this session does not change.
   *
   * @param rows limits and random streams of the rows, in their order; a row without one has the defaults
   */
  readonly complete: (
    options: GenerationOptions,
    rows?: ReadonlyArray<RowRequest>,
  ) => TE.TaskEither<GenerationError, ReadonlyArray<Completion>>
  readonly dispose: () => void
}

// capabilities -----------------------------------------------------------------------------------

/** The version of this contract. */
export const modelVersion = 2 as const

/** What all language models have in common. */
export interface LanguageModel {
  readonly specificationVersion: typeof modelVersion
  /** Identifies the model in stamps and cache keys. */
  readonly id: string
  /** Frees its memory. */
  readonly dispose: () => void
}

/** A model that completes prompts. Evaluation needs no more. */
export interface Generates extends LanguageModel {
  /** One completion per request, in their order. */
  readonly generate: (
    requests: ReadonlyArray<GenerationRequest>,
    options: GenerationOptions,
  ) => TE.TaskEither<GenerationError, ReadonlyArray<Completion>>
}

/** A model that computes the probability of given responses. */
export interface Scores extends LanguageModel {
  /** One score per example, in their order. */
  readonly score: (examples: ReadonlyArray<Example>) => TE.TaskEither<LmError, ReadonlyArray<Score>>
}

/**
 * A model that can be stepped through token by token. `D` is what it returns about the next token: all log-probabilities
 * (the default), or only the most probable tokens (`Steps<PartialDistribution>`), as a server does.
 */
export interface Steps<D extends NextToken = FullDistribution> extends LanguageModel {
  /** Undefined where the model folder has no tokenizer: then only token prompts can be used. */
  readonly tokenizer: Tokenizer | undefined
  readonly vocabSize: number
  /** Ids that end a completion. */
  readonly stopTokens: ReadonlySet<number>
  /** The prompt's tokens under this model's own template. */
  readonly encodePrompt: (prompt: Prompt) => TE.TaskEither<LmError, ReadonlyArray<number>>
  /** A steppable session over several prompts of unequal length. */
  readonly open: (prompts: ReadonlyArray<Prompt>) => TE.TaskEither<LmError, DecodingSession<D>>
}

/** A model with all capabilities: the decoder in this process, or a mixture of two. */
export interface CausalLM extends Generates, Scores, Steps {}

/** How the next token of one row is chosen. */
export interface TokenChoice extends Pick<
  GenerationOptions,
  'temperature' | 'topP' | 'topK' | 'repetitionPenalty' | 'logProbs'
> {
  /** A uniform number in [0, 1); called once where the temperature is above 0. */
  readonly draw: () => number
}

/** A row's next token, with log-probabilities under the model itself where they were asked for. */
export interface ChosenToken {
  readonly id: number
  readonly logProbs?: { readonly chosen: TokenLogProb; readonly top: ReadonlyArray<TokenLogProb> }
}

/**
 * A model whose rows can be regrouped while they are decoded: what continuous batching needs. Rows of different requests, with
 * options of their own, take each step together.
 */
export interface Batches extends Steps {
  /** One session of all rows, in the order of the sessions; those stay valid and are freed by their owners. */
  readonly join: (sessions: ReadonlyArray<DecodingSession>) => TE.TaskEither<LmError, DecodingSession>
  /** The next token of each row, by its own options. Nothing is appended. */
  readonly choose: (
    session: DecodingSession,
    rows: ReadonlyArray<TokenChoice>,
  ) => TE.TaskEither<LmError, ReadonlyArray<ChosenToken>>
  /** As the session's `edit`; all that the rows then hold is their prompt. So a prompt that begins as an earlier one is not computed anew. */
  readonly reopen: (
    session: DecodingSession,
    edits: ReadonlyArray<RowEdit>,
  ) => TE.TaskEither<LmError, DecodingSession>
}

// constructors -----------------------------------------------------------------------------------

/**
 * What is known about the next token, from its most probable ones, in any order. `restMass` = max(0, 1 - sum exp(logProb)).
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { partialDistribution } from '@safe/tensor-core/contracts'
 *
 * const next = partialDistribution([
 *   { id: 7, logProb: Math.log(0.25) },
 *   { id: 3, logProb: Math.log(0.5) },
 * ])
 * assert.deepEqual(next.top.map(({ id }) => id), [3, 7])
 * assert.equal(next.restMass, 0.25)
 * ```
 */
export const partialDistribution = (tokens: ReadonlyArray<TokenLogProb>): PartialDistribution => ({
  top: [...tokens].sort((a, b) => b.logProb - a.logProb || a.id - b.id),
  restMass: Math.max(0, 1 - tokens.reduce((sum, { logProb }) => sum + Math.exp(logProb), 0)),
})
