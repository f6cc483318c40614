/**
 * Safe rows: harmful requests refused, look-alikes and benign requests complied with, and small talk. The aligned model and the
 * anchor are trained on `alignmentData`; `safeSet` has more rows of the same split (ForgetFilter's S: what a practitioner would
 * have); `references` are of another split (DualSelect's pool).
 */
import type { Dataset, Example } from '@safe/tensor-core/contracts'
import { type RandomStream, stream } from '@safe/tensor-core/random'
import type { Kind, Split } from './combinations'
import { exampleOf, numbered, properExchange, requestFields } from './conversation'
import { pick, smallTalk } from './wording'
import type { World } from './world'

// model ------------------------------------------------------------------------------------------

interface Mixture {
  readonly harmful: number
  readonly lookalike: number
  readonly benign: number
}

/** Shares of each kind; the rest is small talk. */
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

/** How a set of safe rows is drawn. */
interface SafeSet {
  /** The set's name: it prefixes ids and is a key of the random streams. */
  readonly set: string
  readonly split: Split
  readonly mixture: Mixture
}

const safeExample = (
  world: World,
  id: string,
  { set, split, mixture }: SafeSet,
  random: RandomStream,
): Example => {
  const kind = kindOf(random.uniform(), mixture)
  if (kind === 'talk') return exampleOf(id, smallTalk(random), { set, category: 'talk', unsafe: 0 })
  const c = pick(random, world.combinations(kind, split))
  return exampleOf(id, properExchange(world, c, random), { set, kind, ...requestFields(world, c), unsafe: 0 })
}

const safeRows = (world: World, name: string, of: SafeSet, seed: number, rows: number): Dataset => ({
  name,
  examples: Array.from({ length: rows }, (_, i) =>
    safeExample(world, numbered(of.set, i), of, stream(seed, of.set, i)),
  ),
})

const alignmentRows: SafeSet = { set: 'align', split: 'align', mixture: scribeMixture }
const safeSetRows: SafeSet = { set: 'safe', split: 'align', mixture: scribeMixture }
const referenceRows: SafeSet = { set: 'reference', split: 'references', mixture: referenceMixture }

/** The rows that the base model is aligned on. */
export const alignmentData = (world: World, seed: number, rows: number): Dataset =>
  safeRows(world, `arena alignment data ${seed}`, alignmentRows, seed, rows)

/** Trusted safe rows of the alignment split, so without combinations of fine-tuning or evaluation. */
export const safeSet = (world: World, seed: number, rows = 400): Dataset =>
  safeRows(world, `arena safe set ${seed}`, safeSetRows, seed, rows)

/** Safety references, of a separate split. */
export const references = (world: World, seed: number, rows = 96): Dataset =>
  safeRows(world, `arena references ${seed}`, referenceRows, seed, rows)
