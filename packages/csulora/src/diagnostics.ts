/** What a correction did to the whole adapter, for reports: means over its modules. */
import type { Diagnostics } from '@safe/tensor-core/contracts'
import type { PerBlock } from './blocks'
import type { ModuleReport } from './setup'
import type { Method } from './options'

const mean = (values: ReadonlyArray<number>): number =>
  values.reduce((sum, x) => sum + x, 0) / Math.max(1, values.length)

const meanBlocks = (blocks: ReadonlyArray<PerBlock>): PerBlock => ({
  LR: mean(blocks.map((b) => b.LR)),
  Lp: mean(blocks.map((b) => b.Lp)),
  pR: mean(blocks.map((b) => b.pR)),
  pp: mean(blocks.map((b) => b.pp)),
})

/** What splits the update by blocks has their weights and the energy lost to the rank; safelora has how many modules it projected. */
const own = (method: Method, modules: ReadonlyArray<ModuleReport>): Diagnostics => {
  switch (method) {
    case 'csulora':
    case 'random-basis':
    case 'hard':
      return {
        gammas: meanBlocks(modules.flatMap((m) => m.gammas ?? [])),
        lostEnergy: mean(modules.map((m) => m.lostEnergy)),
      }
    case 'safelora':
      return {
        projected: modules.filter((m) => m.projected === true).length,
        cosine: mean(modules.flatMap((m) => m.cosine ?? [])),
      }
    case 'scale':
      return {}
  }
}

/** Means over the modules: shares of the update's energy by block, and the norm kept. */
export const correctionDiagnostics = (method: Method, modules: ReadonlyArray<ModuleReport>): Diagnostics => ({
  modules: modules.length,
  ...(modules.some((m) => m.energies !== undefined)
    ? { energies: meanBlocks(modules.flatMap((m) => m.energies ?? [])) }
    : {}),
  normRatio: mean(modules.map((m) => m.normRatio)),
  ...own(method, modules),
})
