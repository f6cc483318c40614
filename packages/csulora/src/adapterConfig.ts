/** adapter_config.json of an adapter whose ranks have changed: the writer records differences per module, a common rank is clearer. */
import type { LoraModule } from '@safe/tensor-core/contracts'

type Config = Readonly<Record<string, unknown>>

/** The one value of all modules; undefined where they differ. */
const common = (values: ReadonlyArray<number>): number | undefined =>
  values.every((x) => x === values[0]) ? values[0] : undefined

/** The configuration with the modules' rank and scale, where all have the same and the configuration says otherwise. */
export const rankedConfig = (config: Config, modules: ReadonlyArray<LoraModule>): Config => {
  const rank = common(modules.map(({ A }) => A.rows))
  const scale = common(modules.map((m) => m.scale))
  if (rank === undefined || scale === undefined || rank === config['r']) return config
  return {
    ...config,
    r: rank,
    lora_alpha: scale * (config['use_rslora'] === true ? Math.sqrt(rank) : rank),
    rank_pattern: {},
    alpha_pattern: {},
  }
}
