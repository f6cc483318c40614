/** Constants of the methods, with their sources. */

/** Share of ||V||_F^2 the dominant subspaces keep (CSULoRA, arXiv 2605.30640, section 3.1). */
export const energy = 0.95
/** Weight of the whole update in the reference energy (CSULoRA, section 3.3). */
export const beta = 0.05
/** Cosine at or below which Safe LoRA projects a module (arXiv 2405.16833); 0.35 is its milder choice. */
export const tau = 0.5
/** Seed of the randomized range finder and of random bases. */
export const seed = 42
