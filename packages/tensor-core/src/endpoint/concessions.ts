/**
 * Fields that some servers refuse. A request that was refused because of them is sent again without them: log-probabilities and seeds
 * are optional to the API, extensions are not in it, and newer models of OpenAI take `max_completion_tokens` in place of
 * `max_tokens`. A number of log-probabilities that is too high is lowered.
 */
import type { Outgoing } from './request'

// model ------------------------------------------------------------------------------------------

/** What a request can do without. */
export type Concession = keyof typeof fields

/** The fields of each, which are left out together. */
const fields = {
  logprobs: ['logprobs', 'top_logprobs'],
  seed: ['seed'],
  temperature: ['temperature'],
  max_tokens: ['max_tokens'],
  shaping: ['repetition_penalty', 'repeat_penalty', 'repeat_last_n', 'top_k', 'min_p'],
  token_ids: ['return_tokens_as_token_ids'],
  special_tokens: ['add_special_tokens'],
} as const

type Body = Outgoing['body']

/** For a warning: what it means that a field is left out. */
export const concessionText: Readonly<Record<Concession, string>> = {
  logprobs: 'gives no log-probabilities',
  seed: 'takes no seed',
  temperature: 'takes no temperature: its own is used, and replies may differ from run to run',
  max_tokens: 'takes max_completion_tokens in place of max_tokens',
  shaping: 'takes no repetition penalty, top_k and min_p: its own are used',
  token_ids: 'gives no ids of tokens: they are recognised by their texts',
  special_tokens: 'adds its own special tokens to a text that has them already',
}

// deciding ---------------------------------------------------------------------------------------

/** Fields that may be at fault where the server does not say which one is: first those that are no part of the API. */
const suspects: ReadonlyArray<ReadonlyArray<Concession>> = [
  ['shaping', 'token_ids', 'special_tokens'],
  ['logprobs', 'seed'],
]

const isNamed = (concession: Concession, words: string): boolean => {
  switch (concession) {
    case 'logprobs':
      return /logprobs/i.test(words)
    case 'seed':
      return /\bseed\b/i.test(words)
    case 'temperature':
      return /temperature/i.test(words) && /support/i.test(words)
    case 'max_tokens':
      return /max_completion_tokens/.test(words)
    default:
      return fields[concession].some((field) => words.includes(field))
  }
}

const candidates: ReadonlyArray<Concession> = [
  'logprobs',
  'seed',
  'temperature',
  'max_tokens',
  'shaping',
  'token_ids',
  'special_tokens',
]

const isPresent = (body: Body, concession: Concession): boolean =>
  fields[concession].some((field) => field in body)

/**
 * What to leave out after a refusal: the fields that the server's words name, else all that may be at fault.
 *
 * @returns empty where nothing is left to leave out
 */
export const concessionsFor = (body: Body, words: string): ReadonlyArray<Concession> => {
  const present = candidates.filter((concession) => isPresent(body, concession))
  const named = present.filter((concession) => isNamed(concession, words))
  return named.length > 0
    ? named
    : (suspects
        .map((group) => present.filter((concession) => group.includes(concession)))
        .find((group) => group.length > 0) ?? [])
}

/** What servers give at most: 20 of conversations (and vLLM of texts), 5 of texts. */
const usualLimits = [20, 5]

const topField = (body: Body): 'top_logprobs' | 'logprobs' | undefined =>
  typeof body['top_logprobs'] === 'number'
    ? 'top_logprobs'
    : typeof body['logprobs'] === 'number'
      ? 'logprobs'
      : undefined

/**
 * The number of log-probabilities to ask for after a refusal of too many: the one that the server's words name, else the next usual
 * limit.
 *
 * @returns undefined where the words do not say that there were too many, or none fewer can be asked for
 */
export const loweredTop = (body: Body, words: string): number | undefined => {
  const field = topField(body)
  const asked = field === undefined ? 0 : Number(body[field])
  if (
    !/\bmax|at most|less than|greater than|exceed|too (many|large|high)|<=|between|from \d+ to \d+/i.test(
      words,
    )
  )
    return undefined
  const named = [...words.matchAll(/\d+/g)].map(([digits]) => Number(digits)).filter((n) => n < asked)
  const about = /logprobs|log.?prob/i.test(words)
  // Words that name no field count only where they name a number: they may be about another field.
  return named.some((n) => n > 0) &&
    (about || words.includes(String(asked)) || usualLimits.includes(Math.max(...named)))
    ? Math.max(...named)
    : about
      ? usualLimits.find((n) => n < asked)
      : undefined
}

// applying ---------------------------------------------------------------------------------------

/** A body that asks for at most `most` log-probabilities of each token. */
export const withTopAtMost = (body: Body, most: number | undefined): Body => {
  const field = topField(body)
  return field === undefined || most === undefined || Number(body[field]) <= most
    ? body
    : { ...body, [field]: most }
}

/** A body without what was conceded. */
export const conceded = (body: Body, concessions: ReadonlySet<Concession>): Body =>
  Object.fromEntries(
    Object.entries(body).flatMap(([field, value]): ReadonlyArray<readonly [string, unknown]> =>
      field === 'max_tokens' && concessions.has('max_tokens')
        ? [['max_completion_tokens', value]]
        : [...concessions].some((c) => fields[c].some((of) => of === field))
          ? []
          : [[field, value]],
    ),
  )
