/** How faithful DualSelect is to its paper, and what each control controls for: for the reports of benchmarks. */
import type { Fidelity } from '@safe/tensor-core/contracts'

const golden = 'golden tests, tools/golden/dualselect.py'
const defaults = "The paper's: hard, 10 warm-up steps, refresh at each epoch, K_R 32, K_T 4, rho 0.2."

export const dualSelectFidelity: Fidelity = {
  source: 'arXiv 2606.09866',
  formula:
    'Written from the paper and compared with a plain torch implementation of it: every selection equal and parameters within 1e-6 in ' +
    `float64; a llama’s adapter after 12 steps within 1e-4 of its update (${golden}).`,
  defaults,
  differs:
    "The training recipe is the run's own. At a strength the token budget replaces K_T, as the paper's other budget does. A frozen " +
    'reference gradient is watched and warned of; that changes nothing.',
}

export const randomReferencesFidelity: Fidelity = {
  source: 'Control: whether choosing the references matters.',
  formula: 'DualSelect with references drawn at random at each refresh; everything else is its rule.',
  defaults,
  differs: 'Not a published method.',
}

export const randomDropFidelity: Fidelity = {
  source: 'Control: what learning from fewer rows of each batch does by itself.',
  formula: 'As many rows of each batch as the filter keeps, drawn at random; no references, no correction.',
  defaults,
  differs: 'Not a published method.',
}

export const agemFidelity: Fidelity = {
  source: 'A-GEM, arXiv 1812.00420',
  formula: `rho = max(0, -<g_task, g_R> / ||g_R||^2), compared with a plain torch implementation (${golden}).`,
  defaults: 'Fresh references at every step, 32 of them; no task filter, no warm-up.',
  differs: 'The memory is the pool of safety references, not rows of earlier tasks.',
}
