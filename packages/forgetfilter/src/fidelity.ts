/** How faithful ForgetFilter is to its paper, and what its control controls for: for the reports of benchmarks. */
import type { Fidelity } from '@safe/tensor-core/contracts'
import { PAPER } from './defaults'

export const forgetFilterFidelity: Fidelity = {
  source: `${PAPER} (ICML 2024), section 4.1`,
  formula:
    'Written from the paper. ROUGE-1 and stems equal rouge_score 0.1.2 and NLTK (golden tests, tools/golden/forgetfilter_rouge.py); ' +
    'Otsu splits and filter metrics equal exact arithmetic and scikit-learn (tools/golden/forgetfilter_quality.py); ' +
    'mixtures are as likely as scikit-learn’s, and tails of canaries equal scipy’s (tools/golden/forgetfilter_mixture.py); ' +
    'cuts from canaries and their test equal independent searches and draws (tools/golden/forgetfilter_canaries.py).',
  defaults: "The paper's: signal rouge, phi 0.1, 1000 steps on the safe rows.",
  differs:
    "The training recipe is the run's own (the command line has the paper's as a preset). The released code scores the first line of a " +
    'completion without its punctuation; here all of it is scored. Rows that M1 never learned are counted as indeterminate, and kept as in the paper. ' +
    'Signals other than rouge, estimated thresholds, canaries and abstention are not the paper’s.',
}

export const randomDropFidelity: Fidelity = {
  source: 'Control: what having less data does by itself.',
  formula:
    'As many rows as the filter drops of the same data at the same strength, or a given share, drawn by the seed.',
  defaults: "The filter's own count.",
  differs: 'Not a published method.',
}
