/** The training steps that are measured: a LoRA step of a small llama, LoRA and full training of the arena's model. */
import type { TrainingRecipe } from '@safe/tensor-core/lm'

// model ------------------------------------------------------------------------------------------

export interface Step {
  readonly name: string
  readonly what: string
  readonly vocabulary: number
  readonly hidden: number
  readonly intermediate: number
  readonly layers: number
  readonly rows: number
  /** Tokens of row i: prompt and response. */
  readonly lengths: (i: number) => readonly [number, number]
  readonly recipe: Partial<TrainingRecipe>
  readonly full: boolean
  /** Steps run before the first measured one. */
  readonly warm: number
}

// steps ------------------------------------------------------------------------------------------

const arena = {
  vocabulary: 330,
  hidden: 96,
  intermediate: 256,
  layers: 4,
  rows: 16,
  // Like the arena's rows: about 550 tokens in 16 rows.
  lengths: (i: number) => [10 + (i % 5), 16 + ((i * 7) % 13)] as const,
}

export const steps: ReadonlyArray<Step> = [
  {
    name: 'small',
    what: 'LoRA, 6 layers x 256, vocabulary 4000, 8 x 128 tokens, q,v rank 16',
    ...{ vocabulary: 4000, hidden: 256, intermediate: 704, layers: 6, rows: 8 },
    lengths: () => [64, 64],
    recipe: { rank: 16 },
    full: false,
    warm: 8,
  },
  {
    name: 'arena',
    what: "LoRA of the arena's model, 4 layers x 96, 16 rows, all-linear rank 8",
    ...arena,
    recipe: { rank: 8, alpha: 16, targetModules: ['all-linear'] },
    full: false,
    warm: 60,
  },
  {
    name: 'full',
    what: "full training of the arena's model, 16 rows",
    ...arena,
    recipe: {},
    full: true,
    warm: 60,
  },
]
