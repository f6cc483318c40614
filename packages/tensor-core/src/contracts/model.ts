/**
 * Language models by what they can do: generate, score, or be stepped through token by token. A consumer names the narrowest
 * capability it needs, so that a server which only generates can be evaluated.
 */
import type * as TE from 'fp-ts/TaskEither'
import type { Example, Message, Prompt } from './data'
import type { JudgeError, LmError } from './errors'

// text -------------------------------------------------------------------------------------------

/** Text to ids and back. Ids are those of the model's embedding rows. */
export interface Tokenizer {
  /** Number of ids, added tokens included: every id is below it. */
  readonly size: number
  /** A hash of everything that decides its behaviour, for cache keys. */
  readonly fingerprint: string
  /** Encodes text as it stands: no begin- or end-of-sequence is added; special tokens in the text are recognised. */
  readonly encode: (text: string) => ReadonlyArray<number>
  /** As `encode`, for text in the middle of a sentence: without a dummy prefix space. */
  readonly encodeInner: (text: string) => ReadonlyArray<number>
  readonly decode: (ids: ReadonlyArray<number>, options?: { readonly skipSpecial?: boolean }) => string
  /** The id's own spelling (`▁the`, `Ġthe`), undefined for ids without a token. */
  readonly token: (id: number) => string | undefined
  readonly id: (token: string) => number | undefined
  /** The bytes the id adds in the middle of a sentence (leading space kept); undefined for special and unknown ids. Byte-level pieces may hold part of a character. */
  readonly bytes: (id: number) => Uint8Array | undefined
  readonly specialIds: ReadonlySet<number>
  readonly byteLevel: boolean
  readonly bos?: number
  readonly eos?: number
  /** The chat template's rendering; undefined where the tokenizer has none. */
  readonly chat?: (
    messages: ReadonlyArray<Message>,
    options: { readonly addGenerationPrompt: boolean },
  ) => string
}

// generation -------------------------------------------------------------------------------------

/**
 * How new tokens are chosen, the same for all rows. Processors act in this order: repetition penalty, temperature, top-k,
 * top-p.
 */
export interface GenerationOptions {
  /** Longest completion, tokens; a row's own limit wins over it. */
  readonly maxNewTokens: number
  /** 0 is greedy. */
  readonly temperature: number
  /** Keep the smallest set of most probable tokens that reaches this mass; 1 keeps all. */
  readonly topP: number
  /** Keep the k most probable tokens; 0 keeps all. */
  readonly topK: number
  /** Over prompt and completion, as transformers: 1 is none. */
  readonly repetitionPenalty: number
  /** The completion ends before the first of these. */
  readonly stop: ReadonlyArray<string>
  readonly seed: number
  /** Log-probabilities of this many most probable tokens per step, beside the chosen token's. */
  readonly logProbs?: number
}

/** What one row may set for itself. */
export interface RowRequest {
  /** Longest completion of this row, tokens; default: that of the options. */
  readonly maxNewTokens?: number
  /**
   * The random stream that this row draws from; default: its place among the rows. Draws depend on the seed and the stream
   * only, not on what else is in the batch.
   */
  readonly stream?: number
}

/** A prompt to be completed. */
export interface GenerationRequest extends RowRequest {
  readonly prompt: Prompt
}

/** A token with its natural log-probability under the model itself: before penalty, temperature, top-k and top-p. */
export interface TokenLogProb {
  readonly id: number
  readonly logProb: number
}

/** What a model wrote after one prompt. */
export interface Completion {
  /** Ids generated, without the stop token. */
  readonly tokens: ReadonlyArray<number>
  readonly text: string
  /** `stop`: a stop token or stop string ended it; `length`: the limit did. */
  readonly finishReason: 'stop' | 'length'
  readonly logProbs?: ReadonlyArray<{
    readonly chosen: TokenLogProb
    readonly top: ReadonlyArray<TokenLogProb>
  }>
}

/** How generation can fail: in the model, or in a judge that chooses among its completions. */
export type GenerationError = LmError | JudgeError

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

/** The most probable tokens and the probability they leave out: all that most servers give. */
export interface PartialDistribution {
  /** Most probable first. */
  readonly top: ReadonlyArray<TokenLogProb>
  /** Probability of all other tokens together, from 0 to 1. */
  readonly restMass: number
}

/** What is known of the next token. */
export type NextToken = FullDistribution | PartialDistribution

/** One row's edit: keep the first `keep` of its tokens, then append `tokens`. */
export interface RowEdit {
  readonly keep: number
  readonly tokens: ReadonlyArray<number>
}

/**
 * Rows of tokens with what the model has computed for them. A session is a value: `edit` and `select` give a new one and
 * leave this one as it is, so a beam is forked by keeping both. Each is freed by its own `dispose`.
 */
export interface DecodingSession<D extends NextToken = FullDistribution> {
  /** The tokens of each row, prompt included. */
  readonly tokens: ReadonlyArray<ReadonlyArray<number>>
  /** Where each row's prompt ends: what follows is completion. */
  readonly promptLengths: ReadonlyArray<number>
  /** The distribution of the next token, one per row. */
  readonly logProbs: TE.TaskEither<LmError, ReadonlyArray<D>>
  /** One edit per row, ragged lengths allowed; the cache up to `keep` is reused. */
  readonly edit: (edits: ReadonlyArray<RowEdit>) => TE.TaskEither<LmError, DecodingSession<D>>
  /** The rows named, in that order; a row may be named several times (fork) or not at all (drop). */
  readonly select: (rows: ReadonlyArray<number>) => TE.TaskEither<LmError, DecodingSession<D>>
  /**
   * Generates from where the rows stand, reusing the cache; this session stays as it is.
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
  /** What it is, for stamps and cache keys. */
  readonly id: string
  /** Frees what it holds. */
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

/** A model that tells how probable given responses are. */
export interface Scores extends LanguageModel {
  /** One score per example, in their order. */
  readonly score: (examples: ReadonlyArray<Example>) => TE.TaskEither<LmError, ReadonlyArray<Score>>
}

/**
 * A model that can be stepped through token by token. `D` is what it tells of the next token: all log-probabilities
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

// constructors -----------------------------------------------------------------------------------

/** Greedy decoding of at most `maxNewTokens` tokens. */
export const greedy = (maxNewTokens: number): GenerationOptions => ({
  maxNewTokens,
  temperature: 0,
  topP: 1,
  topK: 0,
  repetitionPenalty: 1,
  stop: [],
  seed: 42,
})

/** Requests for these prompts, with the limit and the random stream that each has by default. */
export const requestsOf = (prompts: ReadonlyArray<Prompt>): ReadonlyArray<GenerationRequest> =>
  prompts.map((prompt) => ({ prompt }))

/** What is known of the next token from its most probable ones, in any order; the rest of the probability is left over. */
export const partialDistribution = (tokens: ReadonlyArray<TokenLogProb>): PartialDistribution => ({
  top: [...tokens].sort((a, b) => b.logProb - a.logProb || a.id - b.id),
  restMass: Math.max(0, 1 - tokens.reduce((sum, { logProb }) => sum + Math.exp(logProb), 0)),
})
