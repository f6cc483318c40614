/** How faithful AlignBeam and its baselines are to their papers: for the reports of benchmarks. */
import type { Fidelity } from '@safe/tensor-core/contracts'
import { ALIGNBEAM_PAPER, SAFE_DECODING_CODE, SAFE_DECODING_PAPER, refusalPrefix } from './defaults'

export const alignBeamFidelity: Fidelity = {
  source: ALIGNBEAM_PAPER,
  formula:
    'Written from the paper. Bridges, the tokens of every beam and telemetry equal a Python reference on random models of three ' +
    'vocabularies (golden tests, tools/golden/alignbeam.py).',
  defaults: "The paper's: alpha 0.5, K 3, N 6, B 50, tau 2.5, drop, the anchor's support.",
  differs:
    "The draft's term counts once per token; the paper prints it once per colliding anchor token (`draftMass: literal`). All tokens " +
    'that end a text count as one, and any of them ends a beam. The completion follows the generation options of the run, not ' +
    'temperature 0.7. The wording of the system prompt and the list that finds refusals are this repository’s; the judge is the run’s.',
}

const safeDecodingFormula =
  'P = P_draft + alpha (P_expert - P_draft) on the smallest common sample space. Written from the paper; tokens equal a Python ' +
  'reference on tables of logits (golden tests, tools/golden/alignbeam_rivals.py).'

export const safeDecodingFidelity: Fidelity = {
  source: `${SAFE_DECODING_PAPER}, section 4.3`,
  commit: `${SAFE_DECODING_CODE} at 5b77507`,
  formula: safeDecodingFormula,
  defaults: "The paper's: alpha 3, m 2, c 5.",
  differs:
    'The expert is the aligned model before fine-tuning; the paper fine-tunes an expert on refusals (that is `safe-decoding-tuned`).',
}

export const safeDecodingTunedFidelity: Fidelity = {
  source: `${SAFE_DECODING_PAPER}, sections 4.2 and 4.3`,
  commit: `${SAFE_DECODING_CODE} at 5b77507`,
  formula: safeDecodingFormula,
  defaults: "The paper's: alpha 3, m 2, c 5. The authors' code has the expert's rate 2e-3 and 2 epochs.",
  differs:
    'The expert is an adapter trained on the run’s safe rows with the run’s recipe, except for rate and epochs; theirs learns, in batches of ' +
    'one row, the refusals that the aligned model gave to harmful requests when it was told to refuse. Their draft is the aligned model, ' +
    'here it is the fine-tuned one. They give a token whose probability would fall below 0 a probability of 1e-8.',
}

export const prefixFidelity: Fidelity = {
  source: `Control: what the words of a refusal do by themselves; a baseline of ${ALIGNBEAM_PAPER}.`,
  formula: 'Every completion begins with the prefix; the model writes the rest.',
  defaults: `The paper’s words: “${refusalPrefix}”.`,
  differs:
    'No difference is known. The arena’s vocabulary has other words, so it is given a prefix of its own.',
}

export const systemPromptFidelity: Fidelity = {
  source: `Control: what asking for safety does by itself; a baseline of ${ALIGNBEAM_PAPER}.`,
  formula: 'A safety system prompt before every request.',
  defaults: 'This repository’s wording.',
  differs: 'The text of the paper’s prompt is not published.',
}
