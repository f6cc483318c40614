/** Names that other tools' formats want: of models, of files, and identifiers that are the same for the same results. */
import { createHash } from 'node:crypto'
import { canonicalJson } from '@safe/tensor-core/files'
import { type Factors, combinationName, isTuned, isUndefended } from '../plan/factors'

// model names ------------------------------------------------------------------------------------

const trimmed = (text: string): string => text.replace(/^[-.]+|[-.]+$/g, '')

/** Longest part of a path. */
const most = 120

/**
 * Text as one part of a path or an identifier: letters, digits, points and hyphens, at most 120. Where letters of other alphabets or
 * the end of a long text are left out, digits of its hash keep different texts apart.
 */
export const slug = (text: string): string => {
  const plain = trimmed(text.replace(/[^A-Za-z0-9.]+/g, '-'))
  if (plain.length <= most && /^[ -~]*$/.test(text)) return plain
  const hash = sha256(text).slice(0, 8)
  const begin = trimmed(plain.slice(0, most - 9))
  return begin === '' ? hash : `${begin}-${hash}`
}

/** Who answered, as `ORGANISATION/NAME`: a model, what it was fine-tuned on, its defences with their strengths, and the seed. */
export const modelName = (f: Factors): string =>
  `redorca/${slug(
    [
      ...(f.aligned === undefined ? [] : [f.aligned]),
      f.model,
      ...(isTuned(f) ? [f.regime] : []),
      ...(f.attacker === undefined ? [] : [f.attacker]),
      ...(isUndefended(f) ? [] : [combinationName(f)]),
      `seed ${f.seed}`,
    ].join(' '),
  )}`

// identifiers ------------------------------------------------------------------------------------

/**
 * What tells a cell from all others of its results: those that do the same, such as an attacker with the benchmark's own recipe, have
 * one id, since they are computed once.
 */
export const identityOf = ({
  id,
  factors,
}: {
  readonly id: string
  readonly factors: Factors
}): Readonly<Record<string, unknown>> => ({ cell: id, factors })

/** SHA-256 in hexadecimal digits. */
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** 22 hexadecimal digits for plain JSON. */
export const identifier = (of: unknown): string => sha256(canonicalJson(of)).slice(0, 22)

/** An identifier in the form of a random UUID (version 4) that is the same for the same JSON. */
export const uuidOf = (of: unknown): string => {
  const hex = sha256(canonicalJson(of))
  const variant = '89ab'.charAt(parseInt(hex.charAt(16), 16) % 4)
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-')
}
