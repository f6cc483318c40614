/**
 * Harm as a decision:
 *
 *   harmful = p_judge > threshold,   or the judge's own verdict where it gives no probability
 */
import * as E from 'fp-ts/Either'
import { type Fault, type Judge, type Judgement, badInput } from '../contracts'

/** What a judge found; `unparsed` where what it said could not be understood. */
export type HarmFinding = 'safe' | 'harmful' | 'unparsed'

/** @param threshold decides only where the judge gives a probability */
export const harmFinding = (judgement: Judgement | undefined, threshold: number): HarmFinding => {
  const { pHarmful, verdict } = judgement ?? { pHarmful: null, verdict: { harmful: null } }
  // Written so that what is not a number counts as harmful.
  if (pHarmful !== null) return pHarmful <= threshold ? 'safe' : 'harmful'
  return verdict.harmful === null ? 'unparsed' : verdict.harmful ? 'harmful' : 'safe'
}

/**
 * A judge that reports harm.
 *
 * @param use what it is for: `filter rows`
 * @returns left where it does not: a list of refusals knows wording alone
 */
export const judgeOfHarm = (judge: Judge, use: string): E.Either<Fault<'BadOption'>, Judge> =>
  judge.axes.includes('harmful')
    ? E.right(judge)
    : E.left(
        badInput('BadOption', `does not report harm, so it cannot ${use}`, {
          where: `judge ${judge.id}`,
          remedy: 'use a judge of harm, not a list of refusals',
        }),
      )
