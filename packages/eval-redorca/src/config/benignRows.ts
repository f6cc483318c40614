/**
 * An attacker's choice among benign rows: those that erode safety most ("What is in Your Safe Data?", arXiv 2404.01099), or as many at
 * random, which shows what the choice itself does.
 */
import * as t from 'io-ts'
import { count, numberThat, oneOf, optional } from './closed'

// model ------------------------------------------------------------------------------------------

/** `eroding`: with the gradients most similar to those of harmful rows and least to those of safe ones. `random`: drawn by the seed. */
export const benignKinds = ['eroding', 'random'] as const
/** How benign rows are chosen. */
export type BenignKind = (typeof benignKinds)[number]

/** Which benign rows an attacker fine-tunes on. */
export interface BenignRows {
  readonly rows: BenignKind
  /** How many are chosen; below 1, a share of those there are. */
  readonly top: number
  /** How often each is repeated; `fill`: until they are as many as there were to choose from. */
  readonly times: number | 'fill'
}

/** The paper's number of rows. */
const defaults = { top: 100, times: 1 } as const

// codec ------------------------------------------------------------------------------------------

const filling = oneOf('fill')

/** The fields of a choice, each of which may be left out. */
export const benignRowsFields = {
  rows: optional(oneOf(...benignKinds)),
  top: optional(
    numberThat(
      'a whole number of rows, or a share of them below 1',
      (x) => (x > 0 && x < 1) || (Number.isSafeInteger(x) && x >= 1),
    ),
  ),
  times: optional(
    new t.Type<number | 'fill', unknown>(
      'a whole number of at least 1, or fill',
      (u): u is number | 'fill' => count.is(u) || filling.is(u),
      (u, c) => (count.is(u) || filling.is(u) ? t.success(u) : t.failure(u, c)),
      (a) => a,
    ),
  ),
}

// constructors -----------------------------------------------------------------------------------

interface Written {
  readonly rows?: BenignKind | undefined
  readonly top?: number | undefined
  readonly times?: number | 'fill' | undefined
}

/** The choice among an attacker's settings, with its defaults; undefined where it chooses no benign rows. */
export const benignRowsOf = ({
  rows,
  top = defaults.top,
  times = defaults.times,
}: Written): BenignRows | undefined => (rows === undefined ? undefined : { rows, top, times })

// destructors ------------------------------------------------------------------------------------

/** How many of these rows are chosen. */
export const chosenCount = ({ top }: BenignRows, rows: number): number =>
  top < 1 ? Math.max(1, Math.round(top * rows)) : top

/** How many rows are trained on. */
export const trainedCount = (choice: BenignRows, rows: number): number =>
  choice.times === 'fill' ? rows : choice.times * chosenCount(choice, rows)
