/** Constants of the paper: "Learning and Forgetting Unsafe Examples in Large Language Models" (arXiv 2312.12736, ICML 2024). */

/** Where the defaults come from; a section follows. */
export const PAPER = 'arXiv 2312.12736'
/** Forgetting rate above which a row is dropped (section 5: the same value for all data sets). */
export const PAPER_PHI = 0.1
/** Optimizer steps on the safe set; 500 to 1500 do as well in the paper (section 5.2). */
export const PAPER_SAFE_STEPS = 1000
/**
 * How models are trained in the paper (section 3.2 and appendix A); the modules are those of the released code
 * (github.com/andotalao24/learn-forget-unsafe-llm, src/train_eval.py).
 */
export const PAPER_RECIPE = {
  rank: 8,
  alpha: 16,
  targetModules: ['q_proj', 'v_proj'],
  lr: 2e-4,
  batchSize: 32,
} as const
/** Resamples of a bootstrap interval, and its level. */
export const BOOTSTRAP_RESAMPLES = 1000
export const INTERVAL_LEVEL = 0.95
/** Share of the benign rows that a threshold from canaries may lose. */
export const DEFAULT_ALPHA = 0.05
