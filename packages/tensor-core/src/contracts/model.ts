/** What can be decoded or judged with: the in-process decoder, a server, or anyone's own. */
import type * as TE from 'fp-ts/TaskEither'
import type { Example, Message, Prompt } from './data'
import type { LmError } from './errors'

// model ------------------------------------------------------------------------------------------

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

/** How new tokens are chosen. Processors act in this order: repetition penalty, temperature, top-k, top-p. */
export interface GenerationOptions {
  readonly maxNewTokens: number | ReadonlyArray<number>
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
  /** Which random stream each row draws from (default: its row number): draws do not depend on the batch. */
  readonly streams?: ReadonlyArray<number>
  /** Log-probabilities of this many most probable tokens per step, beside the chosen token's. */
  readonly logProbs?: number
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

/** One row's edit: keep the first `keep` of its tokens, then append `tokens`. */
export interface RowEdit {
  readonly keep: number
  readonly tokens: ReadonlyArray<number>
}

/**
 * Rows of tokens with what the model has computed for them. A session is a value: `edit` and `select` give a new one and
 * leave this one as it is, so a beam is forked by keeping both. Each is freed by its own `dispose`.
 */
export interface DecodingSession {
  /** The tokens of each row, prompt included. */
  readonly tokens: ReadonlyArray<ReadonlyArray<number>>
  /** Where each row's prompt ends: what follows is completion. */
  readonly promptLengths: ReadonlyArray<number>
  /** Natural log-probabilities of the next token, [vocab] per row. */
  readonly logProbs: TE.TaskEither<LmError, ReadonlyArray<Float32Array>>
  /** One edit per row, ragged lengths allowed; the cache up to `keep` is reused. */
  readonly edit: (edits: ReadonlyArray<RowEdit>) => TE.TaskEither<LmError, DecodingSession>
  /** The rows named, in that order; a row may be named several times (fork) or not at all (drop). */
  readonly select: (rows: ReadonlyArray<number>) => TE.TaskEither<LmError, DecodingSession>
  /** Generates from where the rows stand, reusing the cache; this session stays as it is. */
  readonly complete: (options: GenerationOptions) => TE.TaskEither<LmError, ReadonlyArray<Completion>>
  readonly dispose: () => void
}

/**
 * A language model that can be decoded, scored and stepped through, whatever runs it: the decoder in this process, a
 * server, a mixture of two. `dispose` frees what it holds.
 */
export interface CausalLM {
  readonly specificationVersion: 1
  /** What it is, for stamps and cache keys. */
  readonly id: string
  /** Undefined where the model folder has no tokenizer: then only token prompts can be used. */
  readonly tokenizer: Tokenizer | undefined
  readonly vocabSize: number
  /** Ids that end a completion. */
  readonly stopTokens: ReadonlySet<number>
  /** The prompt's tokens under this model's own template. */
  readonly encodePrompt: (prompt: Prompt) => TE.TaskEither<LmError, ReadonlyArray<number>>
  /** A steppable session over several prompts of unequal length. */
  readonly open: (prompts: ReadonlyArray<Prompt>) => TE.TaskEither<LmError, DecodingSession>
  readonly generate: (
    prompts: ReadonlyArray<Prompt>,
    options: GenerationOptions,
  ) => TE.TaskEither<LmError, ReadonlyArray<Completion>>
  readonly score: (examples: ReadonlyArray<Example>) => TE.TaskEither<LmError, ReadonlyArray<Score>>
  readonly dispose: () => void
}

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
