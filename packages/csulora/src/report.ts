/** The report of a run: what `--report` writes and `--json` prints. */
import type { RankRule } from '@safe/tensor-core/linalg'
import { type PerBlock, total } from './blocks'
import type { CorrectionOptions, ModuleReport } from './correctAdapter'

/** The report of a whole adapter. */
export interface Report {
  readonly method: string
  /** The share asked for; null where a fixed rank was. */
  readonly energy: number | null
  readonly rank: number | null
  readonly beta: number
  readonly tau: number
  readonly seed: number
  readonly seconds: number
  /** Processor time of the whole process, start included: comparable on a busy machine. */
  readonly cpuSeconds: number
  /** Largest resident memory of the process. */
  readonly peakBytes: number
  readonly modules: ReadonlyArray<ModuleReport>
}

const energyOf = (rank: RankRule): number | null => ('energy' in rank ? rank.energy : null)

const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** The report of a run that took `seconds`. */
export const reportOf = (
  { method, rank, beta, tau, seed }: CorrectionOptions,
  modules: ReadonlyArray<ModuleReport>,
  seconds: number,
): Report => ({
  method,
  energy: energyOf(rank),
  rank: 'fixed' in rank ? rank.fixed : null,
  beta,
  tau,
  seed,
  seconds,
  cpuSeconds: cpuSeconds(),
  peakBytes: process.resourceUsage().maxRSS * 1024,
  modules,
})

const mean = (xs: ReadonlyArray<number>): number => xs.reduce((s, x) => s + x, 0) / Math.max(1, xs.length)
const percent = (x: number): string => `${(100 * x).toFixed(1)} %`
const outside = (b: PerBlock): number => total(b) - b.LR

/** A few lines for a person. */
export const summary = ({ method, modules, seconds }: Report, out: string): string =>
  [
    `${method}: ${modules.length} modules in ${seconds.toFixed(1)} s`,
    `in the aligned subspaces: ${percent(mean(modules.map((m) => m.energies.LR)))} of the update's energy, ` +
      `by chance ${percent(mean(modules.map((m) => m.chance.LR)))}; ` +
      `outside: ${percent(mean(modules.map((m) => outside(m.energies))))}`,
    `norm kept: ${percent(mean(modules.map((m) => m.normRatio)))}; ` +
      `energy lost to rank: ${percent(mean(modules.map((m) => m.lostEnergy)))}`,
    `written: ${out}`,
  ].join('\n')
