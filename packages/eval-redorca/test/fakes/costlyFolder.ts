/** A results folder whose cells have costs and diagnostics, with long words and hostile names. */
import { cellCostOf } from '../../src/results/cost'
import type { MethodFidelity } from '../../src/results/fidelity'
import type { FinishedCell } from '../../src/results/prepared'
import { answers, cellOf, resultsFolder } from './resultsFolder'

export const hostile = '<img src=x onerror=alert(1)>'

const diagnosticsAt = (beta: number) => ({
  csulora: {
    modules: 24,
    energies: { LR: 0.251, Lp: 0.243, pR: 0.257, pp: 0.249 },
    normRatio: 0.5 + beta / 4,
    gammas: { LR: 1, Lp: 0.55 + beta / 4, pR: 0.54 + beta / 4, pp: 0.55 + beta / 4 },
    lostEnergy: 0.0123,
  },
})

const costly = (
  cell: FinishedCell,
  seconds: readonly [number, number, number, number],
  diagnostics: Parameters<typeof cellCostOf>[0][number]['diagnostics'] = {},
): FinishedCell => ({
  ...cell,
  ...cellCostOf(
    (['data', 'training', 'weights', 'decoding'] as const).map((stage, i) => ({
      stage,
      seconds: seconds[i] ?? 0,
      peakBytes: seconds[i] === 0 ? 0 : 8e8 + 4e8 * i,
      ...(stage === 'decoding' ? { tokensDecoded: 34567, diagnostics } : { diagnostics: {} }),
    })),
    1,
  ),
})

export const fidelity: ReadonlyArray<MethodFidelity> = [
  {
    stage: 'data',
    method: 'forgetfilter',
    source: 'arXiv 2312.12736 (ICML 2024), section 4.1',
    formula: 'Written from the paper. ROUGE-1 and stems equal rouge_score and NLTK (golden tests).',
    defaults: "The paper's: signal rouge, phi 0.1, 1000 steps on the safe rows.",
    differs: `The training recipe is the run's own. ${hostile}`,
  },
  {
    stage: 'weights',
    method: 'csulora',
    source: 'arXiv 2605.30640',
    commit: 'abc123',
    formula: 'All steps equal a dense numpy implementation in float64 within 1e-10 (golden tests).',
    defaults: "CSULoRA's: energy 0.95, beta 0.05.",
    differs: 'Projectors are exact, where the paper names a randomized range finder.',
  },
]

const sets = (harmful: number) => [
  ...answers('harmful', 20, harmful),
  ...answers('lookalike', 10, 1),
  ...answers('task', 10, 0).map((row) => ({ ...row, reference: 'x', correct: true })),
]

export const costlyCells: ReadonlyArray<FinishedCell> = [
  costly(cellOf('bare', {}, sets(2)), [0, 300, 0, 45.25]),
  costly(cellOf('filter', { data: 'forgetfilter' }, sets(12)), [640, 250, 0, 44], {
    forgetfilter: {
      rows: 800,
      kept: 490,
      dropped: 310,
      precision: 0.91,
      recall: 0.83,
      f1: null,
      [hostile]: hostile,
    },
  }),
  ...[1, 0.5, 0.2, 0.1, 0.05, 0.02].map((beta, i) =>
    costly(
      {
        ...cellOf(`csulora-${i}`, { weights: 'csulora', strengths: { csulora: beta } }, sets(10)),
        published: beta === 0.05,
      },
      [0, 300, 12.5, 46],
      diagnosticsAt(beta),
    ),
  ),
  costly(cellOf('beam', { decoding: 'alignbeam' }, sets(18)), [0, 300, 0, 9000], {
    alignbeam: { prompts: 40, steps: 640, mappedMass: 0.934, fallbacks: 3, extraForwardPasses: 123456 },
  }),
]

/** Writes it. @returns the folder */
export const costlyFolder = (): Promise<string> => resultsFolder(costlyCells, { fidelity })
