/**
 * The figure of one module: a bar per block. The pale bar is the block's share of ||D||^2, the full one what its weight leaves of it, the
 * tick the share that an update independent of the alignment would have.
 */
import { type Markup, html } from '@safe/tensor-core/page'
import type { PerBlock } from '../blocks'
import type { ModuleReport } from '../setup'

// numbers ----------------------------------------------------------------------------------------

/** `12.3 %` */
export const percent = (x: number): string => `${(100 * x).toFixed(1)}\u00a0%`

const at = (x: number): string => x.toFixed(1)

// blocks -----------------------------------------------------------------------------------------

/** The blocks in the order of the figure, in words. */
export const blocks = [
  ['LR', 'in both spaces'],
  ['Lp', 'column space only'],
  ['pR', 'row space only'],
  ['pp', 'in neither'],
] as const satisfies ReadonlyArray<readonly [keyof PerBlock, string]>

const size = { width: 320, label: 112, bar: 110, row: 26 } as const

interface Split {
  readonly energies: PerBlock
  readonly chance: PerBlock
  readonly gammas: PerBlock
}

const bar = (
  { energies, chance, gammas }: Split,
  block: keyof PerBlock,
  words: string,
  i: number,
): Markup => {
  const y = i * size.row
  const x = (share: number): number => size.label + share * size.bar
  const left = energies[block] * gammas[block] ** 2
  return html`<text x="0" y="${y + 15}">${words}</text
    ><rect class="track" x="${size.label}" y="${y + 4}" width="${size.bar}" height="16" /><rect
      class="b-${block} before"
      x="${size.label}"
      y="${y + 4}"
      width="${at(energies[block] * size.bar)}"
      height="16"
    /><rect
      class="b-${block}"
      x="${size.label}"
      y="${y + 7}"
      width="${at(left * size.bar)}"
      height="10"
    /><path class="chance" d="M${at(x(chance[block]))} ${y + 1}v22" /><text
      x="${size.label + size.bar + 8}"
      y="${y + 15}"
      >${percent(energies[block])} <tspan class="weight">× ${gammas[block].toFixed(2)}</tspan></text
    >`
}

const chart = (split: Split): Markup => {
  const told = blocks
    .map(
      ([block, words]) =>
        `${words} ${percent(split.energies[block])}, by chance ${percent(split.chance[block])}, weight ${split.gammas[block].toFixed(2)}`,
    )
    .join('; ')
  return html`<svg
    viewBox="0 0 ${size.width} ${blocks.length * size.row}"
    role="img"
    aria-label="Shares of the update's energy: ${told}"
  >
    ${blocks.map(([block, words], i) => bar(split, block, words, i))}
  </svg>`
}

// modules ----------------------------------------------------------------------------------------

const routes: Readonly<Record<ModuleReport['route'], string>> = {
  spectrum: 'exact',
  range: 'range finder, proved by its residual',
  filter: 'filtered',
  none: '',
}

const facts = (m: ModuleReport): ReadonlyArray<string> => [
  `${m.shape[0]} × ${m.shape[1]}`,
  ...(m.rankLeft === undefined
    ? []
    : [`${m.rankLeft} directions hold ${percent(m.capturedLeft ?? 0)} (${routes[m.route]})`]),
  ...(m.unmoved === undefined ? [] : [`base and aligned are equal: update ${m.unmoved}`]),
  ...(m.cosine === undefined
    ? []
    : [`cosine ${m.cosine.toFixed(3)}, ${m.projected === true ? 'projected' : 'not projected'}`]),
  `norm kept ${percent(m.normRatio)}`,
  ...(m.lostEnergy > 0 ? [`energy lost to rank ${percent(m.lostEnergy)}`] : []),
  ...(m.updateError === undefined ? [] : [`estimated error of the update ${percent(m.updateError)}`]),
]

/** One module: its chart, where it was split, and its numbers. */
export const moduleFigure = (m: ModuleReport): Markup => {
  const { energies, chance, gammas } = m
  return html`<figure>
    <h3>${m.name}</h3>
    ${energies !== undefined && chance !== undefined && gammas !== undefined && chart({ energies, chance, gammas })}
    <figcaption>${facts(m).join('; ')}</figcaption>
  </figure>`
}
