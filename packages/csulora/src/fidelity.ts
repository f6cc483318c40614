/** How faithful each method is to its paper, and what each control controls for: for the reports of benchmarks. */
import type { Fidelity } from '@safe/tensor-core/contracts'
import type { Method } from './options'

const defaults = "CSULoRA's: energy 0.95 (section 3.1), beta 0.05 (section 3.3)."
const golden = 'golden tests, tools/golden/csulora.py'

/** By method. */
export const fidelities: Readonly<Record<Method, Fidelity>> = {
  csulora: {
    source: 'arXiv 2605.30640',
    formula: `Written from the paper. All steps equal a dense numpy implementation in float64 within 1e-10 (${golden}); peft loads the result (tools/golden/csulora_peft.py).`,
    defaults,
    differs:
      'Projectors are exact, or from a range finder whose residual proves it; the paper names a randomized range finder, which is ' +
      'inaccurate at the ranks that 95 % of the energy needs. All in double precision on the host.',
  },
  hard: {
    source: 'Control: only what lies in both aligned subspaces, without weights.',
    formula: `P_L D P_R, equal to a dense numpy implementation in float64 (${golden}).`,
    defaults,
    differs: 'Not a published method.',
  },
  safelora: {
    source: 'Safe LoRA, arXiv 2405.16833',
    formula: `B <- C B where cos(C B A, B A) <= tau, C = V V^T / ||V||. Written from the paper, equal to a dense numpy implementation in float64 (${golden}).`,
    defaults: 'tau 0.5; 0.35 is the milder choice.',
    differs:
      'Both modes: a threshold (`tau`), or the `number` of modules with the lowest cosines. All in double precision on the host.',
  },
  scale: {
    source: 'Control: what shrinking the whole update does by itself.',
    formula: "The whole update times one factor: csulora's ||D*|| / ||D|| before truncation, or a given one.",
    defaults,
    differs: 'Not a published method.',
  },
  'random-basis': {
    source: 'Control: whether the aligned subspaces matter, or any of their ranks would do.',
    formula: 'csulora with random subspaces of the same ranks, drawn by the seed and the module’s name.',
    defaults,
    differs: 'Not a published method.',
  },
}
