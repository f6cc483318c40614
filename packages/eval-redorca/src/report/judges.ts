/** What a reader must know of the judges: who measured, who chose among beams, and where that is the same one. */
import type { Results } from '../results/results'

/** The warning beside attack-success numbers where one judge did both; undefined where two did, or where it is not known. */
export const sharedJudge = ({ stamp: { judges } }: Results): string | undefined =>
  judges !== undefined && judges.measuring === judges.beams
    ? `Warning: the judge that chose among beams also measured the answers (${judges.measuring}), so attack success flatters the defences that choose by it.`
    : undefined
