/** The report as one HTML file without scripts: facts, and a figure for each module. Names of modules come from files and are escaped. */
import { type Markup, html, pageOf } from '@safe/tensor-core/page'
import { type PerBlock, total } from '../blocks'
import type { Report } from '../report'
import type { ModuleReport } from '../setup'
import { blocks, moduleFigure, percent } from './figure'
import { style } from './style'

// parts ------------------------------------------------------------------------------------------

const mean = (xs: ReadonlyArray<number>): number => xs.reduce((s, x) => s + x, 0) / Math.max(1, xs.length)

const fact = (name: string, value: string): Markup =>
  html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`

const share = (bs: ReadonlyArray<PerBlock>): string =>
  percent(mean(bs.map((b) => (total(b) === 0 ? 0 : b.LR))))

const facts = (modules: ReadonlyArray<ModuleReport>): ReadonlyArray<Markup> => {
  const energies = modules.flatMap((m) => m.energies ?? [])
  const chance = modules.flatMap((m) => m.chance ?? [])
  const errors = modules.flatMap((m) => m.updateError ?? [])
  return [
    fact('modules', String(modules.length)),
    ...(energies.length === 0
      ? []
      : [fact('in both aligned spaces', share(energies)), fact('the same by chance', share(chance))]),
    fact('norm kept', percent(mean(modules.map((m) => m.normRatio)))),
    fact('energy lost to rank', percent(mean(modules.map((m) => m.lostEnergy)))),
    ...(errors.length === 0 ? [] : [fact('largest estimated error', percent(Math.max(...errors)))]),
  ]
}

const keys = html`<ul class="keys">
  ${blocks.map(([block, words]) => html`<li><i class="k-${block}"></i>${words}</li>`)}
  <li><i class="chance"></i>by chance</li>
</ul>`

const reading = html`<p>
    The update D = BA of each module is split by the column space and the row space in which the alignment
    moved its matrix. A pale bar is a block’s share of ‖D‖²; the full bar within it is what the block’s weight
    (× γ) leaves; the tick is the share that an update without any relation to the alignment would have. The
    update is related to the alignment only as far as bars and ticks differ.
  </p>
  <p>
    Projections do not distinguish signs: an update that undoes the alignment lies in both spaces and is kept.
  </p>`

const options = (report: Report): ReadonlyArray<Markup> =>
  Object.entries(report)
    .filter(([name, value]) => name !== 'modules' && value !== null)
    .map(
      ([name, value]) =>
        html`<dt>${name}</dt>
          <dd>${String(value)}</dd>`,
    )

// constructors -----------------------------------------------------------------------------------

/** The page as one HTML document. */
export const reportPage = (report: Report): string => {
  const { method = 'csulora', modules } = report
  const title = `csulora: ${method}, ${modules.length} modules`
  const body = html`<main>
    <h1>${title}</h1>
    <dl class="facts">${facts(modules)}</dl>
    ${modules.some((m) => m.energies !== undefined) && html`${reading}${keys}`}
    <h2>Modules</h2>
    <div class="modules">${modules.map(moduleFigure)}</div>
    <h2>Run</h2>
    <dl class="options">${options(report)}</dl>
  </main>`
  return pageOf({ title, style, body })
}
