/**
 * One completion that draft and anchor write in turns, as a value. Words of the anchor without a token of the draft between them are a
 * run; a run that comes for the fourth time in a row ends the completion, as in the authors' code: the anchor is in a loop.
 */

// model ------------------------------------------------------------------------------------------

/** A completion in the draft's vocabulary, and how it came about. */
export interface NudgedRow {
  /** Tokens added, without a stop token. */
  readonly tokens: ReadonlyArray<number>
  readonly state: 'live' | 'stop' | 'length'
  /** What the anchor has written since the draft's last token; empty where it is the draft's turn. */
  readonly run: string
  /** Where that run begins in `tokens`. */
  readonly runStart: number
  /** The run before it. */
  readonly lastRun: string
  /** How often in a row a run was the same as the one before. */
  readonly repeats: number
  /** Words of the anchor. */
  readonly words: number
  /** Tokens among `tokens` that are the anchor's. */
  readonly anchorTokens: number
  /** Steps in which the anchor had no word that the draft can spell, so the draft's own token was taken. */
  readonly fallbacks: number
  /** The anchor's forward passes, prompt not counted. */
  readonly passes: number
}

/** When a completion ends. */
export interface RowLimits {
  /** Most tokens. */
  readonly budget: number
  readonly stopTokens: ReadonlySet<number>
  /** Whether these tokens hold a stop string. */
  readonly ends: (tokens: ReadonlyArray<number>) => boolean
}

/** What the anchor writes at one place. */
export interface SpelledWord {
  /** Its text, leading blanks included. */
  readonly text: string
  /** The tokens that stay before it: all, or all without an unfinished character. */
  readonly before: ReadonlyArray<number>
  /** The word in the draft's vocabulary. */
  readonly tokens: ReadonlyArray<number>
  /** Whether the anchor ends the completion with it. */
  readonly ends: boolean
}

/** A run that is the same as the one before this often in a row ends the completion. */
const MOST_REPEATS = 3

/** Nothing written yet. */
export const newRow = (budget: number): NudgedRow => ({
  tokens: [],
  state: budget > 0 ? 'live' : 'length',
  run: '',
  runStart: 0,
  lastRun: '',
  repeats: 0,
  words: 0,
  anchorTokens: 0,
  fallbacks: 0,
  passes: 0,
})

// turns ------------------------------------------------------------------------------------------

/** The draft's turn begins. Left as it is where the anchor has written nothing; ended, without the run, where it repeats itself. */
const afterRun = (row: NudgedRow): NudgedRow => {
  if (row.run === '') return row
  const repeats = row.run === row.lastRun ? row.repeats + 1 : 0
  return repeats >= MOST_REPEATS
    ? {
        ...row,
        tokens: row.tokens.slice(0, row.runStart),
        anchorTokens: row.anchorTokens - (row.tokens.length - row.runStart),
        state: 'stop',
        repeats,
      }
    : { ...row, lastRun: row.run, run: '', repeats }
}

/** The row with these tokens in place of its own, ended where a limit says so. */
const withTokens = (
  row: NudgedRow,
  tokens: ReadonlyArray<number>,
  { budget, ends }: RowLimits,
): NudgedRow => ({
  ...row,
  tokens: tokens.slice(0, budget),
  state:
    tokens.length > budget ? 'length' : ends(tokens) ? 'stop' : tokens.length === budget ? 'length' : 'live',
})

/** The draft writes its token. */
export const withDraftToken = (row: NudgedRow, token: number, limits: RowLimits): NudgedRow => {
  const own = afterRun(row)
  if (own.state !== 'live') return own
  return limits.stopTokens.has(token)
    ? { ...own, state: 'stop' }
    : withTokens(own, [...own.tokens, token], limits)
}

/** The anchor writes a word. */
export const withWord = (row: NudgedRow, word: SpelledWord, limits: RowLimits): NudgedRow => {
  const next = withTokens(row, [...word.before, ...word.tokens], limits)
  return {
    ...next,
    state: word.ends && next.tokens.length === word.before.length + word.tokens.length ? 'stop' : next.state,
    run: row.run + word.text,
    runStart: row.run === '' ? word.before.length : row.runStart,
    words: row.words + (word.text === '' ? 0 : 1),
    anchorTokens: row.anchorTokens + next.tokens.length - word.before.length,
  }
}

/**
 * One turn. Where the anchor has no word that the draft can spell, and does not end the completion, the draft's token is taken.
 *
 * @param word what the anchor writes; undefined where the draft is sure
 */
export const turnOf = (
  row: NudgedRow,
  token: number,
  word: SpelledWord | undefined,
  limits: RowLimits,
): NudgedRow =>
  word === undefined
    ? withDraftToken(row, token, limits)
    : word.tokens.length === 0 && !word.ends
      ? withDraftToken({ ...row, fallbacks: row.fallbacks + 1 }, token, limits)
      : withWord(row, word, limits)
