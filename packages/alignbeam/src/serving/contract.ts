/**
 * What a server and its models say to each other: asks go in, replies come out. Both sides may live in different processes, so
 * asks and replies are plain data.
 */
import type { Fault, GenerationOptions, Prompt } from '@safe/tensor-core/contracts'

// asks -------------------------------------------------------------------------------------------

/** What a client may set per request: AlignBeam's options of the same names. */
export interface Dial {
  /** The anchor's weight, in [0, 1]. */
  readonly alpha: number
  /** Beams per prompt, K. */
  readonly beams: number
  /** Tokens that both models decide, N. */
  readonly bridgeTokens: number
  /** Whether the server's judge chooses among the beams; without it the most probable beam is returned. */
  readonly judge: boolean
}

/** Who answers: draft and anchor together, or one of them alone, for comparison. */
export const voices = ['mixed', 'draft', 'anchor'] as const
/** Who answers. */
export type Voice = (typeof voices)[number]

/** A prompt, or text that no template is put around. */
export type AskedPrompt = Prompt | { readonly kind: 'raw'; readonly text: string }

/** One prompt to be answered once; a request for several choices is several asks. */
export interface Ask {
  /** Unique among the asks of a server. */
  readonly id: string
  readonly voice: Voice
  readonly prompt: AskedPrompt
  readonly dial: Dial
  /** `logProbs`: the number of most probable tokens told per token; undefined tells no log-probabilities. */
  readonly generation: GenerationOptions
  /** The random stream it draws from: 0 for the first choice, 1 for the second. Draws depend on it and the seed only. */
  readonly stream: number
}

// replies ----------------------------------------------------------------------------------------

/** Who chose a token: the draft alone, or both where they agree (the mixture's choice is the draft's own), or the anchor's weight. */
export const choosers = ['draft', 'both', 'anchor'] as const
/** Who chose a token. */
export type Chooser = (typeof choosers)[number]

/** A token's own text (a part of a character is U+FFFD; its bytes are exact) and natural log-probability. */
export interface ToldLogProb {
  readonly text: string
  readonly bytes: ReadonlyArray<number>
  readonly logProb: number
}

/** A token of a completion. */
export interface ToldToken {
  readonly text: string
  readonly by: Chooser
  /** Present where the ask wants log-probabilities. */
  readonly logProb?: ToldLogProb
  /** The most probable tokens of the step, best first; as many as the ask wants. */
  readonly top?: ReadonlyArray<ToldLogProb>
}

/** Tokens of one ask, counted. */
export interface Usage {
  readonly promptTokens: number
  /** Of those, how many were computed before, for another ask that begins alike. */
  readonly cachedTokens: number
  /** Tokens of the completion returned. */
  readonly completionTokens: number
}

/** How an answer came about. */
export interface Account {
  /** The beam returned, in root order; null where a refusal took the place of all. */
  readonly chosen: number | null
  /** All beams, with the judge's score of harm (1 to 5; null where there is none). */
  readonly beams: ReadonlyArray<{ readonly completion: string; readonly verdict: number | null }>
  readonly telemetry: {
    readonly steps: number
    readonly mappedMass: number
    readonly support: number
    readonly fallbacks: number
    readonly agreement: number
  }
}

/** What is said of an ask: any number of `text`, then one `done` or `failed`, and nothing after it. */
export type Reply =
  /** More of the completion. All texts joined are the completion's text; no text ends inside a character or a stop string. */
  | { readonly kind: 'text'; readonly text: string; readonly tokens: ReadonlyArray<ToldToken> }
  | {
      readonly kind: 'done'
      readonly finishReason: 'stop' | 'length'
      readonly usage: Usage
      readonly account: Account
    }
  /** `input`: the ask's fault; `failure`: ours; `interrupted`: it was cancelled, or the models have stopped. */
  | { readonly kind: 'failed'; readonly fault: Fault }

// models -----------------------------------------------------------------------------------------

/** What is served. */
export interface ServedModels {
  readonly draft: string
  readonly anchor: string
  /** The judge's id; null where there is none. */
  readonly judge: string | null
  /** Most tokens of prompt and completion together; null where the models do not say. */
  readonly contextLength: number | null
}

/** What the models are doing now, and have done since they were opened. */
export interface Gauges {
  /** Asks being answered. */
  readonly running: number
  /** Asks taken that wait for a place in the batch. */
  readonly waiting: number
  /** Rows (beams) in the batch now. */
  readonly rows: number
  /** Decoding steps so far. */
  readonly steps: number
  /** Prompt tokens computed, and those taken from the prefix cache. */
  readonly promptTokens: number
  readonly cachedTokens: number
  /** Tokens decoded, over all beams. */
  readonly decodedTokens: number
}

/** The gauges of models that have done nothing yet. */
export const noGauges: Gauges = {
  running: 0,
  waiting: 0,
  rows: 0,
  steps: 0,
  promptTokens: 0,
  cachedTokens: 0,
  decodedTokens: 0,
}

/** Models that answer asks, in this process or in another. */
export interface Engine {
  readonly models: ServedModels
  /** Takes an ask and calls `onReply` with each reply. The function returned gives it up; its rows leave the batch. */
  readonly ask: (ask: Ask, onReply: (reply: Reply) => void) => () => void
  readonly gauges: () => Gauges
  readonly dispose: () => void
}
