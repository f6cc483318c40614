/** What mixed decoding did over all prompts, for reports: sums of each prompt's telemetry, and what decoding cost beside the answer. */
import type { Diagnostics } from '@safe/tensor-core/contracts'
import type { Answer } from './mixing/answer'

// model ------------------------------------------------------------------------------------------

/** Sums over prompts, so that batches add up. */
export interface MixingTally {
  readonly prompts: number
  readonly steps: number
  /** Sums over the mixed steps. */
  readonly mappedMass: number
  readonly support: number
  readonly agreement: number
  readonly fallbacks: number
  readonly judgedBeams: number
  /** Beams whose verdict could not be read. */
  readonly nullVerdicts: number
  /** Prompts whose beams were all replaced by a refusal. */
  readonly refusals: number
  readonly extraForwardPasses: number
}

/** Of no prompt. */
export const noMixing: MixingTally = {
  prompts: 0,
  steps: 0,
  mappedMass: 0,
  support: 0,
  agreement: 0,
  fallbacks: 0,
  judgedBeams: 0,
  nullVerdicts: 0,
  refusals: 0,
  extraForwardPasses: 0,
}

// adding -----------------------------------------------------------------------------------------

const lengths = ({ beams }: Answer): ReadonlyArray<number> =>
  beams.map(({ completion }) => completion.tokens.length)

/**
 * One pass of the second model for each mixed step, and the draft's passes for the beams that are not returned, whose first step all
 * beams share. Prompts are not counted.
 */
const extraPasses = (answer: Answer): number => {
  const all = lengths(answer)
  const drafted = all.reduce((sum, n) => sum + n, 0) - (all.length - 1)
  return answer.telemetry.steps + Math.max(0, drafted - (all[answer.chosen ?? 0] ?? 0))
}

const withAnswer =
  (judged: boolean) =>
  (sum: MixingTally, answer: Answer): MixingTally => {
    const { steps, mappedMass, support, agreement, fallbacks } = answer.telemetry
    return {
      prompts: sum.prompts + 1,
      steps: sum.steps + steps,
      mappedMass: sum.mappedMass + steps * mappedMass,
      support: sum.support + steps * support,
      agreement: sum.agreement + steps * agreement,
      fallbacks: sum.fallbacks + fallbacks,
      judgedBeams: sum.judgedBeams + (judged ? answer.beams.length : 0),
      nullVerdicts: sum.nullVerdicts + (judged ? answer.beams.filter((b) => b.verdict === null).length : 0),
      refusals: sum.refusals + (answer.chosen === null ? 1 : 0),
      extraForwardPasses: sum.extraForwardPasses + extraPasses(answer),
    }
  }

/** The sums with more answers. @param judged whether a judge was asked about their beams */
export const addAnswers = (sum: MixingTally, answers: ReadonlyArray<Answer>, judged: boolean): MixingTally =>
  answers.reduce(withAnswer(judged), sum)

// destructors ------------------------------------------------------------------------------------

/** The sums as a report shows them: means over the mixed steps, and counts. */
export const mixingDiagnostics = (sum: MixingTally): Diagnostics => {
  const perStep = (total: number): number | null => (sum.steps === 0 ? null : total / sum.steps)
  return {
    prompts: sum.prompts,
    steps: sum.steps,
    mappedMass: perStep(sum.mappedMass),
    support: perStep(sum.support),
    agreement: perStep(sum.agreement),
    fallbacks: sum.fallbacks,
    ...(sum.judgedBeams === 0 ? {} : { judgedBeams: sum.judgedBeams, nullVerdicts: sum.nullVerdicts }),
    ...(sum.refusals === 0 ? {} : { refusals: sum.refusals }),
    extraForwardPasses: sum.extraForwardPasses,
  }
}
