/** How faithful the rivals are to their papers, and what the controls control for. */
import type { Fidelity } from '@safe/tensor-core/contracts'
import { ALIGNBEAM_PAPER, NUDGING_PAPER, PROXY_TUNING_PAPER } from '../defaults'

export const anchorAloneFidelity: Fidelity = {
  source: `Control: what the anchor answers by itself; a baseline of ${ALIGNBEAM_PAPER}.`,
  formula: 'Answers and scores are the anchor’s; the fine-tuned model is not asked.',
  defaults: 'No options. The anchor gets the safety system prompt that alignbeam gives it.',
  differs: 'The wording of the system prompt is this repository’s.',
}

export const guardFidelity: Fidelity = {
  source:
    'The usual guard of a deployed model: a judge of prompt and answer, as Llama Guard (arXiv 2312.06674).',
  formula:
    'An answer with pHarmful above the threshold is replaced by the refusal; without a probability the judge’s verdict decides. ' +
    'Hand-made cases and property tests; there is no reference implementation.',
  defaults: 'Threshold 0.5, as the judges’ own verdicts; the wording of the refusal is this repository’s.',
  differs:
    'An answer whose verdict cannot be parsed is ' +
    'replaced too (`unparsed: answer` lets it pass). Prompts are not filtered before they are answered.',
}

export const proxyTuningFidelity: Fidelity = {
  source: `${PROXY_TUNING_PAPER}, equation 1`,
  commit: 'alisawuffles/proxy-tuning@e60de54',
  formula:
    'softmax(z_draft + alpha (z_expert - z_anti)) at every token, from log-probabilities, which differ from logits by a constant. ' +
    'Probabilities, tokens and scores equal a Python reference on tables of logits (golden tests, tools/golden/alignbeam_rivals.py).',
  defaults: 'The paper’s: alpha 1.',
  differs:
    'The paper tunes a large untuned model by small ones; here the fine-tuned model is shifted by the aligned model and the model before ' +
    'alignment, all of one size. Each model reads the prompt under its own template. A repetition penalty acts on log-probabilities.',
}

export const nudgingFidelity: Fidelity = {
  source: NUDGING_PAPER,
  commit: 'fywalter/nudging@37bc022',
  formula:
    'The draft’s most probable token where its probability reaches the threshold, else the anchor’s greedy text up to the next blank. ' +
    'Tokens and counts equal a Python reference on random models of three vocabularies (golden tests, tools/golden/alignbeam_rivals.py).',
  defaults:
    'The paper’s: threshold 0.4. Words of at most 16 tokens and the end after repeated words are its code’s.',
  differs:
    'The same rule at every token; of the paper only its abstract was read. Its code has the anchor write the first word of every answer, lets a word pass the ' +
    'threshold where the draft’s token begins the anchor’s next word, ends with the anchor’s text where that would end within 16 ' +
    'tokens, does not end where the draft does, and removes repeated text; here the draft may end, as it was fine-tuned to.',
}
