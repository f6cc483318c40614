/** A benchmark of several aligned models and attackers, seen as one benchmark for each. */
import { regimeOf } from '../config/attackers'
import type { Bench } from './bench'
import { attackedBy } from './attackers'
import type { Factors, FineTune } from './factors'

type Named = Pick<Factors, 'aligned'>

/** The aligned models of a benchmark, as factors name them: one without a name, or several with names. */
export const alignedNames = ({ suite: { alignedModels } }: Pick<Bench, 'suite'>): ReadonlyArray<Named> =>
  alignedModels === undefined ? [{}] : Object.keys(alignedModels).map((aligned) => ({ aligned }))

/** Every aligned model on every regime, model by model. */
export const fineTunesIn = (bench: Pick<Bench, 'suite' | 'config'>): ReadonlyArray<FineTune> =>
  alignedNames(bench).flatMap((named) => bench.config.regimes.map((regime) => ({ ...named, regime })))

/** Every attacker on every aligned model. */
export const attackedFineTunes = (bench: Pick<Bench, 'suite' | 'config'>): ReadonlyArray<FineTune> =>
  alignedNames(bench).flatMap((named) =>
    Object.entries(bench.config.attackers).map(([attacker, settings]) => ({
      ...named,
      attacker,
      regime: regimeOf(settings, bench.config),
    })),
  )

type Divided = Pick<Bench, 'suite' | 'hashes' | 'config'>

/** The benchmark with one of its aligned models as the only one. */
export const withModel = <B extends Divided>(bench: B, { aligned }: Named): B => {
  if (aligned === undefined) return bench
  const { alignedModels: models, ...suite } = bench.suite
  const { alignedModels: hashed, ...hashes } = bench.hashes
  return {
    ...bench,
    suite: { ...suite, ...models?.[aligned] },
    hashes: { ...hashes, ...hashed?.[aligned] },
  }
}

/** The benchmark with one of its aligned models as the only one, and fine-tuning as this attacker does. */
export const benchOf = <B extends Divided>(bench: B, of: Pick<Factors, 'aligned' | 'attacker'>): B =>
  attackedBy(withModel(bench, of), of.attacker)
