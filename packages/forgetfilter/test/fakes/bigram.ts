/** A bigram model with its loss and gradient written out: the model of the golden tests of rivals that use gradients. */
import type { Example } from '@safe/tensor-core/contracts'

/** A row of a golden file: token ids. */
export interface Row {
  readonly prompt: number
  readonly response: ReadonlyArray<number>
}

/** The row as an example, every second one labelled unsafe. */
export const exampleOf = ({ prompt, response }: Row, i: number): Example => ({
  id: String(i),
  prompt: { kind: 'tokens', tokens: [prompt] },
  response: { kind: 'tokens', tokens: response },
  raw: `row ${i}`,
  fields: { unsafe: i % 2 },
})

/** Mean negative log-likelihood of the response under softmax(W[token before]), W [vocab, vocab] as one vector, and its gradient. */
export const lossAndGradient = (
  weights: ReadonlyArray<number>,
  { prompt, response }: Example,
): { readonly loss: number; readonly gradient: ReadonlyArray<number> } => {
  const vocab = Math.round(Math.sqrt(weights.length))
  const ids = response.kind === 'tokens' ? response.tokens : []
  const first = prompt.kind === 'tokens' ? prompt.tokens.at(-1)! : 0
  const gradient = new Array<number>(vocab * vocab).fill(0)
  let loss = 0
  ids.forEach((target, t) => {
    const before = t === 0 ? first : ids[t - 1]!
    const exps = weights.slice(before * vocab, (before + 1) * vocab).map(Math.exp)
    const total = exps.reduce((a, b) => a + b)
    loss -= Math.log(exps[target]! / total) / ids.length
    exps.forEach(
      (e, v) => (gradient[before * vocab + v]! += (e / total - (v === target ? 1 : 0)) / ids.length),
    )
  })
  return { loss, gradient }
}
