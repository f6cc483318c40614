/** Merges of a byte-pair vocabulary: those of the file, or the ones that a SentencePiece vocabulary implies. */
import * as E from 'fp-ts/Either'
import type { FormatError } from '../../contracts'
import { shownValue } from '../../files/decode'
import { damaged, unsupported } from '../../files/input'

export type Merge = readonly [string, string]
export type Vocabulary = ReadonlyMap<string, number>

/** Most cuts that are tried, each weighted by its token's length: a hundred times those of the largest known vocabulary. */
const mostWork = 1 << 29

/** The merges of a file, `left right` each. @returns left: one that is no pair, or makes a token that is not in the vocabulary */
export const listedMerges = (
  path: string,
  vocabulary: Vocabulary,
  lines: ReadonlyArray<string>,
): E.Either<FormatError, ReadonlyArray<Merge>> => {
  const merges: Merge[] = []
  for (const line of lines) {
    const [left, right, ...more] = line.split(' ')
    if (
      left === undefined ||
      right === undefined ||
      more.length > 0 ||
      ![left, right, left + right].every((token) => vocabulary.has(token))
    )
      return E.left(damaged(path, `has the merge ${shownValue(line)}, which is no pair of its tokens`))
    merges.push([left, right])
  }
  return E.right(merges)
}

interface Cut {
  readonly merge: Merge
  readonly score: number
  /** Characters (code points) of both parts. */
  readonly lengths: readonly [number, number]
}

/** Every cut of a token into two tokens, the parts with lower ids first. */
const cutsOf = (vocabulary: Vocabulary, token: string, score: number): ReadonlyArray<Cut> => {
  const characters = Array.from(token)
  const cuts: Array<Cut & { readonly ids: readonly [number, number] }> = []
  for (let i = 1, at = 0; i < characters.length; i++) {
    at += characters[i - 1]?.length ?? 0
    const merge: Merge = [token.slice(0, at), token.slice(at)]
    const left = vocabulary.get(merge[0])
    const right = vocabulary.get(merge[1])
    if (left !== undefined && right !== undefined)
      cuts.push({ merge, score, lengths: [i, characters.length - i], ids: [left, right] })
  }
  return cuts.sort((a, b) => a.ids[0] - b.ids[0] || a.ids[1] - b.ids[1])
}

/**
 * The merges that a vocabulary implies, as transformers derives them (`generate_merges`): every cut of a token into two others,
 * by falling score of the token, then by falling lengths of the parts.
 */
export const impliedMerges = (
  path: string,
  vocabulary: Vocabulary,
  scores: ReadonlyMap<string, number>,
): E.Either<FormatError, ReadonlyArray<Merge>> => {
  const work = [...vocabulary.keys()].reduce((sum, token) => sum + token.length * token.length, 0)
  if (work > mostWork) return E.left(unsupported(path, 'has tokens that are too long to derive merges from'))
  const cuts = [...scores].flatMap(([token, score]) => cutsOf(vocabulary, token, score))
  cuts.sort((a, b) => b.score - a.score || b.lengths[0] - a.lengths[0] || b.lengths[1] - a.lengths[1])
  return E.right(cuts.map(({ merge }) => merge))
}
