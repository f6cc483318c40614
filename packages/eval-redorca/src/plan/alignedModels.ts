/** A benchmark of several aligned models, seen as one benchmark for each. */
import type { Bench } from './bench'
import type { Factors, FineTune } from './factors'

type Named = Pick<Factors, 'aligned'>

/** The aligned models of a benchmark, as factors name them: one without a name, or several with names. */
export const alignedNames = ({ suite: { alignedModels } }: Pick<Bench, 'suite'>): ReadonlyArray<Named> =>
  alignedModels === undefined ? [{}] : Object.keys(alignedModels).map((aligned) => ({ aligned }))

/** Every aligned model on every regime, model by model. */
export const fineTunesIn = (bench: Pick<Bench, 'suite' | 'config'>): ReadonlyArray<FineTune> =>
  alignedNames(bench).flatMap((named) => bench.config.regimes.map((regime) => ({ ...named, regime })))

/** The benchmark with one of its aligned models as the only one. */
export const benchOf = <B extends Pick<Bench, 'suite' | 'hashes'>>(bench: B, { aligned }: Named): B => {
  if (aligned === undefined) return bench
  const { alignedModels: models, ...suite } = bench.suite
  const { alignedModels: hashed, ...hashes } = bench.hashes
  return {
    ...bench,
    suite: { ...suite, ...models?.[aligned] },
    hashes: { ...hashes, ...hashed?.[aligned] },
  }
}
