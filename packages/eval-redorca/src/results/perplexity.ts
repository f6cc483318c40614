/**
 * Perplexity of a cell: exp of the mean negative log-likelihood per token, over the tokens of all texts.
 *
 *     perplexity = exp(sum_i nll_i / sum_i tokens_i)                                            i over texts
 *
 * The interval is a bootstrap over texts, and over seeds where there are several. It is the perplexity of the cell's model after its
 * weights defences. A decoding defence changes which text a model writes, not how likely a given text is: it does not apply.
 */
import { type Estimate, eachResample, percentileInterval } from '../stats'
import type { TextScore } from '../suite/textScores'

// model ------------------------------------------------------------------------------------------

/** A perplexity; `n` counts texts. */
export interface Perplexity extends Estimate {
  /** Whose it is. */
  readonly of: 'the model without decoding defences'
}

/** The scores of the texts by a cell's model; absent where they were not measured. */
export interface Scored {
  readonly perplexity?: ReadonlyArray<TextScore>
}

// constructors -----------------------------------------------------------------------------------

/** One perplexity, of the cells of all seeds; empty where it was not measured for each of them. The texts are the same for all. */
export const perplexityOf = (cells: ReadonlyArray<Scored>): { readonly perplexity?: Perplexity } => {
  const scored = cells.flatMap(({ perplexity }) => (perplexity === undefined ? [] : [perplexity]))
  const texts = scored[0]?.length ?? 0
  if (scored.length < cells.length || texts === 0) return {}
  const under = (seeds: ArrayLike<number>, counts: ArrayLike<number>): number => {
    const sum = { nll: 0, tokens: 0 }
    scored.forEach((rows, s) =>
      rows.forEach(({ nll, tokens }, i) => {
        const times = (seeds[s] ?? 0) * (counts[i] ?? 0)
        sum.nll += times * nll
        sum.tokens += times * tokens
      }),
    )
    return Math.exp(sum.nll / sum.tokens)
  }
  const resampled: number[] = []
  eachResample([scored.length, texts], ([seeds = [], counts = []]) => resampled.push(under(seeds, counts)))
  const value = under(new Uint8Array(scored.length).fill(1), new Uint8Array(texts).fill(1))
  return Number.isNaN(value)
    ? {}
    : {
        perplexity: {
          value,
          n: texts,
          ...percentileInterval(resampled),
          method: scored.length === 1 ? 'bootstrap' : 'bootstrap over seeds and texts',
          ...(scored.length === 1 ? {} : { seeds: scored.length }),
          of: 'the model without decoding defences',
        },
      }
}
