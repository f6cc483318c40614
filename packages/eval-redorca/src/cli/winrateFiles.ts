/** `winrate --a F --b F`: two files of answers to the same prompts. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Context, Outcome } from '@safe/tensor-core/cli'
import { type Fault, type JudgePair, badInput } from '@safe/tensor-core/contracts'
import { writeJsonl } from '@safe/tensor-core/formats'
import { normalisedPrompt } from '../mix/promptKey'
import type { PairVerdict } from '../pairs/verdict'
import { type JudgedPair, type WinRates, pairAgreement, setsOf, winRatesOf } from '../pairs/winRate'
import { type Matched, matched } from './matchedRows'
import { comparedBy, eachJudge } from './judgesInTurn'
import { type OpenPairwise, pairDoor } from './pairJudges'
import { rowsOf, textField } from './rowFields'
import { judgesJson, judgesText } from './winrateText'

// model ------------------------------------------------------------------------------------------

export interface FilesChoice {
  readonly a: string
  readonly b: string
  readonly judges: ReadonlyArray<string>
  readonly promptField: string
  readonly completionField: string
  readonly setField: string | undefined
  readonly safetySets: ReadonlyArray<string>
  readonly out: string | undefined
}

interface Asked extends JudgePair {
  readonly set?: string
}

interface Judged {
  readonly id: string
  readonly verdicts: ReadonlyArray<PairVerdict>
}

// parts ------------------------------------------------------------------------------------------

/** The pair of two rows, which must ask the same. */
const pairOf =
  ({ promptField, completionField, setField }: FilesChoice) =>
  ({ a, b }: Matched): E.Either<Fault, Asked> =>
    pipe(
      E.Do,
      E.bind('prompt', () => textField(promptField)(a)),
      E.bind('other', () => textField(promptField)(b)),
      E.filterOrElse(
        ({ prompt, other }) => prompt === other,
        (): Fault =>
          badInput('BadRow', `id ${a.id} has another prompt in the other file`, {
            where: b.where,
            remedy: 'compare answers to the same prompts',
          }),
      ),
      E.bind('ours', () => textField(completionField)(a)),
      E.bind('theirs', () => textField(completionField)(b)),
      E.bind('set', () => (setField === undefined ? E.right(undefined) : textField(setField)(a))),
      E.map(({ prompt, ours, theirs, set }) => ({
        id: a.id,
        prompt,
        a: ours,
        b: theirs,
        ...(set === undefined ? {} : { set }),
      })),
    )

const judgedPairs = (
  pairs: ReadonlyArray<Asked>,
  verdicts: ReadonlyArray<PairVerdict>,
): ReadonlyArray<JudgedPair> =>
  pairs.map(({ prompt, set }, i) => ({
    verdict: verdicts[i] ?? null,
    cluster: normalisedPrompt(prompt),
    ...(set === undefined ? {} : { set }),
  }))

/** Every safety set must be there: an average over the others would pass for it. */
const known = (
  { safetySets, setField, a }: FilesChoice,
  pairs: ReadonlyArray<Asked>,
): E.Either<Fault, void> => {
  const there = setsOf(judgedPairs(pairs, []))
  const missing = safetySets.find((name) => !there.includes(name))
  return missing === undefined
    ? E.right(undefined)
    : E.left(
        badInput('BadOption', `no row belongs to the set ${missing}`, {
          where: '--safety-sets',
          remedy:
            setField === undefined
              ? 'name the field with --set-field'
              : `field ${setField} of ${a} has ${there.slice(0, 8).join(', ')}`,
        }),
      )
}

const ratesOf = (
  choice: FilesChoice,
  pairs: ReadonlyArray<Asked>,
  judged: ReadonlyArray<Judged>,
  seed: number,
): ReadonlyArray<readonly [string, WinRates]> =>
  judged.map(({ id, verdicts }) => [id, winRatesOf(judgedPairs(pairs, verdicts), choice.safetySets, seed)])

// running ----------------------------------------------------------------------------------------

export const compareFiles = (
  open: OpenPairwise,
  choice: FilesChoice,
  context: Context,
): TE.TaskEither<Fault, Outcome> =>
  pipe(
    TE.Do,
    TE.bindW('ours', () => rowsOf(choice.a)),
    TE.bindW('theirs', () => rowsOf(choice.b)),
    TE.bindW('pairs', ({ ours, theirs }) =>
      TE.fromEither(pipe(matched(ours, theirs), E.chain(E.traverseArray(pairOf(choice))))),
    ),
    TE.chainFirstEitherKW(({ pairs }) => known(choice, pairs)),
    TE.bindW('judged', ({ pairs }) =>
      eachJudge(
        pairDoor(open),
        context,
        choice.judges,
      )((judge) =>
        pipe(
          comparedBy(context)(judge, pairs),
          TE.map((verdicts): Judged => ({ id: judge.id, verdicts })),
        ),
      ),
    ),
    TE.chainFirstW(({ pairs, judged }) =>
      choice.out === undefined
        ? TE.right(undefined)
        : writeJsonl(
            choice.out,
            pairs.map(({ id, set }, i) => ({
              id,
              ...(set === undefined ? {} : { set }),
              preferences: Object.fromEntries(judged.map((j) => [j.id, j.verdicts[i] ?? null])),
            })),
          ),
    ),
    TE.map(({ pairs, judged }) => {
      const rates = ratesOf(choice, pairs, judged, context.common.seed)
      const alpha = judged.length < 2 ? undefined : pairAgreement(judged.map((j) => j.verdicts))
      return { json: judgesJson(rates, alpha), text: judgesText(rates, alpha) }
    }),
  )
