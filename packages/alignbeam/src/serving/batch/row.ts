/** A row of the batch: one beam of one ask, from its first token to its last. */
import type { ChosenToken, TokenChoice, TokenLogProb, Tokenizer } from '@safe/tensor-core/contracts'
import { type Step, stepOf } from '../../mixing/bridging'
import { cutAtStop } from '../../mixing/completing'
import { type Mixed, bestToken } from '../../mixing/mix'
import type { Ask, Chooser, ToldLogProb, ToldToken } from '../contract'

// model ------------------------------------------------------------------------------------------

/** What decides the rows of an ask. */
export interface RowSettings extends Pick<Ask, 'id' | 'dial' | 'generation' | 'voice'> {
  /** The vocabulary that the row is written in. */
  readonly tokenizer: Tokenizer
  readonly stopTokens: ReadonlySet<number>
}

/** One beam. */
export interface Row {
  readonly settings: RowSettings
  /** Its place among the roots of its ask. */
  readonly rank: number
  /** How the model alone chooses its next token. */
  readonly choice: TokenChoice
  /** Tokens of the completion, without a stop token. */
  readonly tokens: ReadonlyArray<number>
  /** One per token. */
  readonly told: ReadonlyArray<ToldToken>
  /** The mixed steps, the one that ended the row included. */
  readonly steps: ReadonlyArray<Step>
  /** Most tokens of the completion. */
  readonly limit: number
  /** Undefined while it runs. */
  readonly finish: 'stop' | 'length' | undefined
}

/** A token taken, and who chose it. */
interface Taken extends ChosenToken {
  readonly by: Chooser
}

// constructors -----------------------------------------------------------------------------------

/** A row before its first token. */
export const emptyRow = (settings: RowSettings, rank: number, draw: () => number): Row => {
  const { generation } = settings
  const { temperature, topP, topK, repetitionPenalty, logProbs, maxNewTokens } = generation
  return {
    settings,
    rank,
    choice: {
      temperature,
      topP,
      topK,
      repetitionPenalty,
      draw,
      ...(logProbs === undefined ? {} : { logProbs }),
    },
    tokens: [],
    told: [],
    steps: [],
    limit: maxNewTokens,
    finish: maxNewTokens > 0 ? undefined : 'length',
  }
}

// tokens -----------------------------------------------------------------------------------------

const utf8 = new TextDecoder()

/** A token's own text and bytes; special tokens are spelt out and have no bytes. */
const spelled = (tokenizer: Tokenizer, id: number): Omit<ToldLogProb, 'logProb'> => {
  const bytes = tokenizer.bytes(id)
  return bytes === undefined
    ? { text: tokenizer.token(id) ?? '', bytes: [] }
    : { text: utf8.decode(bytes), bytes: [...bytes] }
}

const toldLogProb =
  (tokenizer: Tokenizer) =>
  ({ id, logProb }: TokenLogProb): ToldLogProb => ({ ...spelled(tokenizer, id), logProb })

const told = (tokenizer: Tokenizer, { id, by, logProbs }: Taken): ToldToken => ({
  text: spelled(tokenizer, id).text,
  by,
  ...(logProbs === undefined
    ? {}
    : {
        logProb: toldLogProb(tokenizer)(logProbs.chosen),
        top: logProbs.top.map(toldLogProb(tokenizer)),
      }),
})

/** The row after one more token. */
const after = (row: Row, taken: Taken, ends: ReadonlySet<number>): Row => {
  const { tokenizer, generation } = row.settings
  if (ends.has(taken.id)) return { ...row, finish: 'stop' }
  const tokens = [...row.tokens, taken.id]
  const stopped =
    generation.stop.length > 0 &&
    cutAtStop(tokenizer.decode(tokens, { skipSpecial: true }), generation.stop).stopped
  return {
    ...row,
    tokens,
    told: [...row.told, told(tokenizer, taken)],
    finish: stopped ? 'stop' : tokens.length >= row.limit ? 'length' : undefined,
  }
}

/** The row after a token that one model chose alone. */
export const afterChosen = (row: Row, chosen: ChosenToken): Row =>
  after(row, { ...chosen, by: row.settings.voice === 'anchor' ? 'anchor' : 'draft' }, row.settings.stopTokens)

/**
 * The row after a token of the mixture, by default the most probable one.
 *
 * @param ends tokens that end a row while both models decide
 */
export const afterMixed = (row: Row, mixed: Mixed, ends: ReadonlySet<number>, id = bestToken(mixed)): Row => {
  const { logProbs } = row.settings.generation
  const step = stepOf(mixed, id, logProbs ?? 0)
  const by = mixed.fallback ? 'draft' : mixed.agrees ? 'both' : 'anchor'
  const told = logProbs === undefined ? {} : { logProbs: { chosen: step.chosen, top: step.top } }
  return { ...after(row, { id, by, ...told }, ends), steps: [...row.steps, step] }
}

// destructors ------------------------------------------------------------------------------------

/** The tokens of a row as text, cut before a stop string. */
export const rowText = ({ settings, tokens }: Pick<Row, 'settings' | 'tokens'>): string =>
  cutAtStop(settings.tokenizer.decode(tokens, { skipSpecial: true }), settings.generation.stop).text
