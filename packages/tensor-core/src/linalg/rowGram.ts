/** The Gram matrix of a large matrix's rows, by the kernels of a workspace if there is one, else in plain JavaScript. */
import type { Pausable } from './cooperative'
import { type Dense, type Large, dense } from './dense'
import { panel, widen } from './largeProducts'
import { accumulate } from './tiles'
import { type Workspace, panels } from './workspace'

/**
 * The lower triangle of G = V V^T [m, m] (entries above the diagonal are undefined), in the workspace if one is given; yields after
 * each panel of rows. m^2 n flops.
 */
export function* rowGramSteps(v: Large, workspace?: Workspace): Pausable<Dense> {
  const m = v.rows
  const grouped = workspace === undefined ? 0 : m - (m % 4)
  const out = workspace?.matrix ?? new Float64Array(m * m)
  if (workspace !== undefined) yield* groupedGram(v, workspace, grouped)
  // Without a workspace all rows, else the last ones, which do not fill a group of four.
  const left = new Float64Array(panel.rows * panel.depth)
  const right = new Float64Array(panel.rows * panel.depth)
  for (let i = grouped; i < m; i += panel.rows) {
    const height = Math.min(panel.rows, m - i)
    for (let from = 0; from < v.cols; from += panel.depth) {
      const to = Math.min(v.cols, from + panel.depth)
      const width = to - from
      widen(left, v, { row: i, count: height, from, to })
      for (let j = 0; j < i + height; j += panel.rows) {
        const across = Math.min(panel.rows, i + height - j)
        widen(right, v, { row: j, count: across, from, to })
        accumulate({
          c: { data: out, offset: i * m + j, stride: m },
          a: { data: left, offset: 0, stride: width },
          b: { data: right, offset: 0, stride: width },
          m: height,
          n: across,
          k: width,
          sign: 1,
        })
      }
    }
    yield
  }
  return dense(m, m, out)
}

/** The first `count` rows (a multiple of four) by the workspace's kernels. */
function* groupedGram(v: Large, w: Workspace, count: number): Pausable<void> {
  for (let from = 0; from < v.cols; from += panels.depth) {
    const depth = Math.min(panels.depth, v.cols - from)
    w.packLeft({ data: v.data, offset: from, stride: v.cols }, count, depth, 1)
    for (let i = 0; i < count; i += panels.left) {
      const rows = Math.min(panels.left, count - i)
      for (let j = 0; j < i + rows; j += panels.right) {
        const cols = Math.min(panels.right, i + rows - j)
        // A block that crosses the diagonal starts on it: rows above are not needed.
        const skip = Math.max(0, j - i)
        w.product({
          i: i + skip,
          j,
          rows: rows - skip,
          cols,
          depth,
          leftRow: i + skip,
          rightRow: j,
          lower: j >= i,
          own: true,
        })
      }
      yield
    }
  }
}
