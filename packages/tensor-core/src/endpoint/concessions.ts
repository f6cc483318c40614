/**
 * Fields that some servers refuse. A request that was refused because of them is sent again without them: log-probabilities and seeds
 * are optional to the API, and newer models of OpenAI take `max_completion_tokens` in place of `max_tokens`.
 */
import type { Outgoing } from './request'

// model ------------------------------------------------------------------------------------------

/** What a request can do without. */
export type Concession = 'logprobs' | 'seed' | 'temperature' | 'max_tokens'

type Body = Outgoing['body']

/** For a warning: what it means that a field is left out. */
export const concessionText: Readonly<Record<Concession, string>> = {
  logprobs: 'gives no log-probabilities',
  seed: 'takes no seed',
  temperature: 'takes no temperature: its own is used, and replies may differ from run to run',
  max_tokens: 'takes max_completion_tokens in place of max_tokens',
}

// deciding ---------------------------------------------------------------------------------------

/** Fields that may be at fault where the server does not say which one is. */
const suspects: ReadonlyArray<Concession> = ['logprobs', 'seed']

const isNamed = (concession: Concession, words: string): boolean =>
  concession === 'logprobs'
    ? /logprobs/i.test(words)
    : concession === 'seed'
      ? /\bseed\b/i.test(words)
      : concession === 'temperature'
        ? /temperature/i.test(words) && /support/i.test(words)
        : /max_completion_tokens/.test(words)

const candidates: ReadonlyArray<Concession> = ['logprobs', 'seed', 'temperature', 'max_tokens']

/**
 * What to leave out after a refusal: the fields that the server's words name, else all that may be at fault.
 *
 * @returns empty where nothing is left to leave out
 */
export const concessionsFor = (body: Body, words: string): ReadonlyArray<Concession> => {
  const present = candidates.filter((field) => field in body)
  const named = present.filter((field) => isNamed(field, words))
  return named.length > 0 ? named : present.filter((field) => suspects.includes(field))
}

// applying ---------------------------------------------------------------------------------------

/** A body without what was conceded. */
export const conceded = (body: Body, concessions: ReadonlySet<Concession>): Body =>
  Object.fromEntries(
    Object.entries(body).flatMap(([field, value]): ReadonlyArray<readonly [string, unknown]> =>
      field === 'max_tokens' && concessions.has('max_tokens')
        ? [['max_completion_tokens', value]]
        : [...concessions].some((c) => c === field || (c === 'logprobs' && field === 'top_logprobs'))
          ? []
          : [[field, value]],
    ),
  )
