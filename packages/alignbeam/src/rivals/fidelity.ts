/** How faithful the rivals are to their papers, and what the controls control for. */
import type { Fidelity } from '@safe/tensor-core/contracts'
import { ALIGNBEAM_PAPER } from '../defaults'

export const anchorAloneFidelity: Fidelity = {
  source: `Control: what the anchor answers by itself; a baseline of ${ALIGNBEAM_PAPER}.`,
  formula: 'Answers and scores are the anchor’s; the fine-tuned model is not asked.',
  defaults: 'No options. The anchor gets the safety system prompt that alignbeam gives it.',
  differs: 'The wording of the system prompt is this repository’s.',
}
