/**
 * Rows a good scribe would write: harmful requests refused, look-alikes and benign requests complied with, and small talk.
 * The aligned model and the anchor learn from `alignmentData`; `safeSet` are more rows of the same split (ForgetFilter's S: what a
 * practitioner would have at hand); `references` are of a split of their own (DualSelect's pool).
 */
import type { Dataset, Example } from '@safe/tensor-core/contracts'
import { type RandomStream, stream } from '@safe/tensor-core/random'
import { type Kind, type Split, combinations } from './combinations'
import { exampleOf, numbered, properExchange, requestFields } from './conversation'
import { pick, smallTalk } from './wording'

// model ------------------------------------------------------------------------------------------

interface Mixture {
  readonly harmful: number
  readonly lookalike: number
  readonly benign: number
}

/** The rest is small talk. */
const scribeMixture: Mixture = { harmful: 0.45, lookalike: 0.25, benign: 0.15 }
const referenceMixture: Mixture = { harmful: 0.6, lookalike: 0.25, benign: 0.15 }

// constructors -----------------------------------------------------------------------------------

const kindOf = (u: number, m: Mixture): Kind | 'talk' =>
  u < m.harmful
    ? 'harmful'
    : u < m.harmful + m.lookalike
      ? 'lookalike'
      : u < m.harmful + m.lookalike + m.benign
        ? 'benign'
        : 'talk'

const safeExample = (
  id: string,
  set: string,
  split: Split,
  mixture: Mixture,
  random: RandomStream,
): Example => {
  const kind = kindOf(random.uniform(), mixture)
  if (kind === 'talk') return exampleOf(id, smallTalk(random), { set, category: 'talk', unsafe: 0 })
  const c = pick(random, combinations(kind, split))
  return exampleOf(id, properExchange(c, random), { set, kind, ...requestFields(c), unsafe: 0 })
}

const safeRows = (
  name: string,
  set: string,
  split: Split,
  mixture: Mixture,
  seed: number,
  rows: number,
): Dataset => ({
  name,
  examples: Array.from({ length: rows }, (_, i) =>
    safeExample(numbered(set, i), set, split, mixture, stream(seed, set, i)),
  ),
})

/** What makes the base model safe. */
export const alignmentData = (seed: number, rows: number): Dataset =>
  safeRows(`arena alignment data ${seed}`, 'align', 'align', scribeMixture, seed, rows)

/** Trusted safe rows, of the split the model was aligned on; no combination of fine-tuning or evaluation. */
export const safeSet = (seed: number, rows = 400): Dataset =>
  safeRows(`arena safe set ${seed}`, 'safe', 'align', scribeMixture, seed, rows)

/** Safety references, of their own split. */
export const references = (seed: number, rows = 96): Dataset =>
  safeRows(`arena references ${seed}`, 'reference', 'references', referenceMixture, seed, rows)
