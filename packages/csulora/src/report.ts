/** The report of a run: what `--report` writes and `--json` prints. */
import { type Deciding, parametersOf } from '@safe/tensor-core/options'
import { type PerBlock, total } from './blocks'
import type { ModuleReport } from './setup'
import { type CsuloraOptions, csuloraOptions } from './options'

/** The report of a whole adapter: the options that decided it, and what was measured. */
export interface Report extends Omit<Deciding<typeof csuloraOptions>, 'energy' | 'rank'> {
  /** Null where a number of directions was given. */
  readonly energy: number | null
  readonly rank: number | null
  readonly seed: number
  readonly seconds: number
  /** Processor time of the whole process, start included: comparable on a busy machine. */
  readonly cpuSeconds: number
  /** Largest resident memory of the process. */
  readonly peakBytes: number
  readonly modules: ReadonlyArray<ModuleReport>
}

const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** The report of a run that took `seconds`. */
export const reportOf = (
  options: CsuloraOptions,
  seed: number,
  modules: ReadonlyArray<ModuleReport>,
  seconds: number,
): Report => ({
  ...{ energy: null, rank: null },
  ...parametersOf(csuloraOptions, options),
  seed,
  seconds,
  cpuSeconds: cpuSeconds(),
  peakBytes: process.resourceUsage().maxRSS * 1024,
  modules,
})

const mean = (xs: ReadonlyArray<number>): number => xs.reduce((s, x) => s + x, 0) / Math.max(1, xs.length)
const percent = (x: number): string => `${(100 * x).toFixed(1)} %`
const outside = (b: PerBlock): number => total(b) - b.LR

/** What was split by subspaces, in one line; nothing where no module was. */
const subspaceLine = (modules: ReadonlyArray<ModuleReport>): ReadonlyArray<string> => {
  const energies = modules.flatMap((m) => m.energies ?? [])
  const chance = modules.flatMap((m) => m.chance ?? [])
  return energies.length === 0
    ? []
    : [
        `in the aligned subspaces: ${percent(mean(energies.map((b) => b.LR)))} of the update's energy, ` +
          `by chance ${percent(mean(chance.map((b) => b.LR)))}; ` +
          `outside: ${percent(mean(energies.map(outside)))}`,
      ]
}

const filterLine = (modules: ReadonlyArray<ModuleReport>): ReadonlyArray<string> => {
  const errors = modules.flatMap((m) => m.updateError ?? [])
  return errors.length === 0
    ? []
    : [
        `approximate in ${errors.length} modules: the update's estimated error is ${percent(mean(errors))} on average, ` +
          `${percent(Math.max(...errors))} at most (--exact avoids it)`,
      ]
}

const unmovedLine = (modules: ReadonlyArray<ModuleReport>): ReadonlyArray<string> => {
  const unmoved = modules.flatMap((m) => m.unmoved ?? [])
  return unmoved[0] === undefined
    ? []
    : [`not moved by the alignment: ${unmoved.length} modules, ${unmoved[0]}`]
}

const projectedLine = (modules: ReadonlyArray<ModuleReport>): ReadonlyArray<string> => {
  const judged = modules.flatMap((m) => m.projected ?? [])
  return judged.length === 0
    ? []
    : [`projected: ${judged.filter((p) => p).length} of ${judged.length} modules`]
}

/** A few lines for a person. */
export const summary = ({ method = 'csulora', modules, seconds }: Report, out: string): string =>
  [
    `${method}: ${modules.length} modules in ${seconds.toFixed(1)} s`,
    ...subspaceLine(modules),
    ...projectedLine(modules),
    ...unmovedLine(modules),
    `norm kept: ${percent(mean(modules.map((m) => m.normRatio)))}; ` +
      `energy lost to rank: ${percent(mean(modules.map((m) => m.lostEnergy)))}`,
    ...filterLine(modules),
    `written: ${out}`,
  ].join('\n')
