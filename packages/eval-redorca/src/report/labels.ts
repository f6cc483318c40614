/** Places labels beside points so that they overlap neither each other nor the marks: greedily, each at the best of several rings of positions. */

// model ------------------------------------------------------------------------------------------

export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface Label {
  /** The labelled point. */
  readonly x: number
  readonly y: number
  readonly lines: ReadonlyArray<string>
}

export interface PlacedLabel {
  readonly label: Label
  readonly box: Box
  /** Whether it is so far from its point that a leader line is needed. */
  readonly far: boolean
}

// geometry ---------------------------------------------------------------------------------------

/** Width of a character and height of a line at the plane's font size. */
const character = 6.4
const line = 13

const overlap = (a: Box, b: Box): number =>
  Math.max(0, Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x)) *
  Math.max(0, Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y))

const outside = (a: Box, b: Box): number => a.width * a.height - overlap(a, b)

const distances = [9, 20, 34, 52, 74, 100]
const directions = 16

const candidates = ({
  x,
  y,
  lines,
}: Label): ReadonlyArray<{ readonly box: Box; readonly distance: number }> => {
  const width = Math.max(...lines.map((l) => l.length)) * character
  const height = lines.length * line
  return distances.flatMap((distance) =>
    Array.from({ length: directions }, (_, i) => {
      const angle = (2 * Math.PI * i) / directions
      const [dx, dy] = [Math.cos(angle), Math.sin(angle)]
      return {
        distance,
        box: {
          x: x + dx * distance + (dx > 0.3 ? 0 : dx < -0.3 ? -width : -width / 2),
          y: y + dy * distance + (dy > 0.3 ? 0 : dy < -0.3 ? -height : -height / 2),
          width,
          height,
        },
      }
    }),
  )
}

// constructors -----------------------------------------------------------------------------------

/** Short labels are placed first, next to their marks; a long label may be farther away, with a leader line. */
export const placeLabels = (
  labels: ReadonlyArray<Label>,
  marks: ReadonlyArray<Box>,
  bounds: Box,
): ReadonlyArray<PlacedLabel> => {
  const order = [...labels].sort((a, b) => a.lines.join('').length - b.lines.join('').length)
  return order.reduce<ReadonlyArray<PlacedLabel>>((placed, label) => {
    const taken = [...marks, ...placed.map((p) => p.box)]
    const cost = ({ box, distance }: { readonly box: Box; readonly distance: number }): number =>
      outside(box, bounds) * 10 + taken.reduce((s, other) => s + overlap(box, other) * 4, 0) + distance
    const best = candidates(label).reduce((a, b) => (cost(b) < cost(a) ? b : a))
    return [...placed, { label, box: best.box, far: best.distance > 12 }]
  }, [])
}
