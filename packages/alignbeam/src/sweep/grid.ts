/** The settings that a sweep tries: alpha x N x K, and the baselines that every setting must be compared with. */

// model ------------------------------------------------------------------------------------------

/** Baselines: the draft alone, the anchor alone, and the draft made to begin with a refusal. */
export const baselineMethods = ['draft', 'anchor', 'prefix'] as const
/** The name of a baseline. */
export type BaselineMethod = (typeof baselineMethods)[number]

/** One setting of AlignBeam; all other options are those of the command. */
export interface MixedSetting {
  readonly method: 'alignbeam'
  /** The anchor's weight, in [0, 1]. */
  readonly alpha: number
  /** N, tokens that both models decide. */
  readonly bridgeTokens: number
  /** K, beams per prompt. */
  readonly beams: number
}

/** A baseline, which has none of the three. */
export interface BaselineSetting {
  readonly method: BaselineMethod
  readonly alpha: null
  readonly bridgeTokens: null
  readonly beams: null
}

/** What answers all prompts once. */
export type Setting = MixedSetting | BaselineSetting

/** The values that are combined. */
export interface GridValues {
  readonly alphas: ReadonlyArray<number>
  readonly bridgeTokens: ReadonlyArray<number>
  readonly beams: ReadonlyArray<number>
  readonly baselines: boolean
}

// constructors -----------------------------------------------------------------------------------

const rising = (values: ReadonlyArray<number>): ReadonlyArray<number> =>
  [...new Set(values)].sort((a, b) => a - b)

const baseline = (method: BaselineMethod): BaselineSetting => ({
  method,
  alpha: null,
  bridgeTokens: null,
  beams: null,
})

/** The baselines, then all combinations with rising alpha, N and K; each setting once. */
export const gridOf = ({ alphas, bridgeTokens, beams, baselines }: GridValues): ReadonlyArray<Setting> => [
  ...(baselines ? baselineMethods.map(baseline) : []),
  ...rising(alphas).flatMap((alpha) =>
    rising(bridgeTokens).flatMap((n) =>
      rising(beams).map((k): MixedSetting => ({ method: 'alignbeam', alpha, bridgeTokens: n, beams: k })),
    ),
  ),
]

// destructors ------------------------------------------------------------------------------------

/** A setting's name in files: `draft`, `alpha-0.5-n-6-k-3`. */
export const settingName = (setting: Setting): string =>
  setting.method === 'alignbeam'
    ? `alpha-${setting.alpha}-n-${setting.bridgeTokens}-k-${setting.beams}`
    : setting.method

/** Baselines in words. */
export const baselineWords: Readonly<Record<BaselineMethod, string>> = {
  draft: 'draft alone',
  anchor: 'anchor alone',
  prefix: 'hard prefix',
}

/** A setting in words: `draft alone`, `alpha 0.5, N 6, K 3`. */
export const settingWords = (setting: Setting): string =>
  setting.method === 'alignbeam'
    ? `alpha ${setting.alpha}, N ${setting.bridgeTokens}, K ${setting.beams}`
    : baselineWords[setting.method]
