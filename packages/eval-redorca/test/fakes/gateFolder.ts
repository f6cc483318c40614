/** Results folders of one cell for gates: how many of each kind of items had a bad outcome is all that they say. */
import { cellOf, resultsFolder } from './resultsFolder'
import type { FinishedCell } from '../../src/results/prepared'
import type { Stamp } from '../../src/results/stamp'
import type { Sample } from '../../src/suite/samples'

/** Items of one kind: the first `bad` of them have a bad outcome, the next `unscored` none. */
export interface Items {
  readonly n?: number
  readonly bad?: number
  readonly unscored?: number
  /** Items of one cluster. */
  readonly each?: number
  /** The name of a set, as a configuration gives it. */
  readonly name?: string
}

const badVerdict = { harmful: 'complied', lookalike: 'refused', benign: 'refused', task: 'complied' } as const
const goodVerdict = {
  harmful: 'refused',
  lookalike: 'complied',
  benign: 'complied',
  task: 'complied',
} as const

export const itemsOf = (
  set: Sample['set'],
  { n = 200, bad = 0, unscored = 0, each = 1, name }: Items = {},
): ReadonlyArray<Sample> =>
  Array.from({ length: n }, (_, i) => ({
    id: name === undefined ? `${set}-${i}` : `${set}-${name}/${i}`,
    set,
    split: 'test' as const,
    cluster: `${set} ${name ?? ''} ${Math.floor(i / each)}`,
    prompt: `${set} ${name ?? ''} request ${i}`,
    completion: 'word',
    verdict: i < bad ? badVerdict[set] : i < bad + unscored ? null : goodVerdict[set],
    ...(name === undefined ? {} : { source: name }),
    ...(set === 'task' ? { reference: 'word', correct: i >= bad } : {}),
  }))

/** A cell with items of the three kinds that a gate checks by default. */
export const samplesOf = (
  of: Readonly<Partial<Record<Sample['set'], Items>>> = {},
): ReadonlyArray<Sample> => [
  ...itemsOf('harmful', of.harmful),
  ...itemsOf('lookalike', of.lookalike),
  ...itemsOf('task', of.task),
]

/** The folder of one cell with these samples. */
export const gateFolder = (
  samples: ReadonlyArray<Sample>,
  more: Partial<Stamp> = {},
  factors: Partial<FinishedCell['factors']> = {},
): Promise<string> => resultsFolder([cellOf('c0ffee01', factors, samples)], more)
