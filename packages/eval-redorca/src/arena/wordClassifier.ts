/** The probability that a text is of a class, by its words: logistic regression, order and number of words ignored. */
import type { RandomStream } from '@safe/tensor-core/random'

// model ------------------------------------------------------------------------------------------

/** A text, and whether it is of the class. */
export interface LabelledText {
  readonly text: string
  readonly positive: boolean
}

export interface Learning {
  readonly epochs: number
  /** The first step's rate; it falls to zero. */
  readonly rate: number
  /** The order of an epoch. */
  readonly order: (epoch: number) => RandomStream
}

/** The probability that a text is of the class, 0 to 1. */
export type WordClassifier = (text: string) => number

const bias = ''
const featuresOf = (text: string): ReadonlyArray<string> => [bias, ...new Set(text.split(/\s+/))]
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

// constructors -----------------------------------------------------------------------------------

/** Learns by stochastic gradient descent from weights of zero; a word that no text had keeps the weight 0. */
export const learnWords = (
  texts: ReadonlyArray<LabelledText>,
  { epochs, rate, order }: Learning,
): WordClassifier => {
  const weights = new Map<string, number>()
  const logit = (features: ReadonlyArray<string>): number =>
    features.reduce((sum, f) => sum + (weights.get(f) ?? 0), 0)
  const data = texts.map(({ text, positive }) => ({ features: featuresOf(text), target: positive ? 1 : 0 }))
  for (let epoch = 0; epoch < epochs; epoch++)
    for (const { features, target } of order(epoch).shuffle(data)) {
      const step = rate * (1 - epoch / epochs) * (target - sigmoid(logit(features)))
      for (const f of features) weights.set(f, (weights.get(f) ?? 0) + step)
    }
  return (text) => sigmoid(logit(featuresOf(text)))
}
