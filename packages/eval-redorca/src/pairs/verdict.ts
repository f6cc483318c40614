/**
 * What a judge of pairs says of two answers when it is asked in both orders. Judges favour a position: an answer that changes with
 * the order says nothing of the answers and counts half, as a tie does.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import {
  type Fault,
  type JudgePair,
  type PairJudgement,
  type PairwiseJudge,
  type Preference,
  failure,
} from '@safe/tensor-core/contracts'

// model ------------------------------------------------------------------------------------------

/** `order`: the preferred answer changed with the order. Null: a reply could not be parsed, in either order. */
export const pairVerdictCodec = t.union([t.keyof({ a: null, b: null, tie: null, order: null }), t.null])
/** Which of two answers is better, after both orders. */
export type PairVerdict = t.TypeOf<typeof pairVerdictCodec>

// parts ------------------------------------------------------------------------------------------

const turned: Readonly<Record<Preference, Preference>> = { a: 'b', b: 'a', tie: 'tie' }

/** @param there the preference with `a` shown first @param back with `b` shown first, as given: `a` is the one shown first */
export const combined = (there: Preference | null, back: Preference | null): PairVerdict =>
  there === null || back === null ? null : there === turned[back] ? there : 'order'

/** The score of `a`: 1 better, 0 worse, one half for a tie and for an answer that changed; null where nothing was understood. */
export const scoreOf = (verdict: PairVerdict): number | null =>
  verdict === null ? null : verdict === 'a' ? 1 : verdict === 'b' ? 0 : 0.5

const answered = (
  judge: PairwiseJudge,
  pairs: ReadonlyArray<JudgePair>,
): TE.TaskEither<Fault, ReadonlyArray<PairJudgement>> =>
  pipe(
    judge.compare(pairs),
    TE.mapLeft((fault): Fault => fault),
    TE.filterOrElse(
      (said) => said.length === pairs.length && said.every((s, i) => s.id === pairs[i]?.id),
      (said): Fault =>
        failure(
          'JudgeFailed',
          `gave ${said.length} judgements for ${pairs.length} pairs, or gave them in another order`,
          { where: judge.id },
        ),
    ),
  )

// constructors -----------------------------------------------------------------------------------

/**
 * Asks in both orders. Equal answers are a tie and are not asked about.
 *
 * @returns one verdict per pair, in order; left: why the judge failed, or `JudgeFailed` where it lost pairs
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { right } from 'fp-ts/Either'
 * import * as TE from 'fp-ts/TaskEither'
 * import { type PairwiseJudge, judgeVersion } from '@safe/tensor-core/contracts'
 * import { pairVerdicts } from '@safe/eval-redorca'
 *
 * // A judge that always prefers what it is shown first says nothing of the answers.
 * const first: PairwiseJudge = {
 *   specificationVersion: judgeVersion,
 *   id: 'first',
 *   compare: (pairs) => TE.right(pairs.map(({ id }) => ({ id, preference: 'a', pA: null, raw: 'A' }))),
 * }
 * const pairs = [{ id: '1', prompt: 'Hello', a: 'Hi', b: 'Good day' }]
 *
 * assert.deepStrictEqual(await pairVerdicts(first)(pairs)(), right(['order']))
 * ```
 */
export const pairVerdicts =
  (judge: PairwiseJudge) =>
  (pairs: ReadonlyArray<JudgePair>): TE.TaskEither<Fault, ReadonlyArray<PairVerdict>> => {
    // Ids of the caller may repeat; the judge must tell pairs apart.
    const asked = pairs.flatMap((pair, i) => (pair.a === pair.b ? [] : [{ ...pair, id: String(i) }]))
    return pipe(
      asked.length === 0
        ? TE.right([])
        : answered(judge, [
            ...asked.map((p) => ({ ...p, id: `${p.id} there` })),
            ...asked.map((p) => ({ ...p, id: `${p.id} back`, a: p.b, b: p.a })),
          ]),
      TE.chainEitherK((said) => {
        const verdicts = new Map(
          asked.map(({ id }, i) => [
            id,
            combined(said[i]?.preference ?? null, said[asked.length + i]?.preference ?? null),
          ]),
        )
        return E.right(
          pairs.map((_, i): PairVerdict =>
            verdicts.has(String(i)) ? (verdicts.get(String(i)) ?? null) : 'tie',
          ),
        )
      }),
    )
  }
