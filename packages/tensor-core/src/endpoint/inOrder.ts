/** Many questions with a limit on those in flight, and the answers in the order of the questions. */
import * as E from 'fp-ts/Either'
import type * as TE from 'fp-ts/TaskEither'
import pLimit from 'p-limit'

/**
 * Asks for each item. After a first failure no more are begun: a key that is refused is not tried a thousand times.
 *
 * @param most items in flight at once
 * @returns left: the first failure
 */
export const inOrder =
  <Err, A, B>(
    most: number,
    items: ReadonlyArray<A>,
    asked: (item: A) => TE.TaskEither<Err, B>,
  ): TE.TaskEither<Err, ReadonlyArray<B>> =>
  async () => {
    const state: { failed?: E.Either<Err, never> } = {}
    const limit = pLimit(most)
    const one = async (item: A): Promise<E.Either<Err, B>> => {
      if (state.failed !== undefined) return state.failed
      const answer = await asked(item)()
      if (E.isLeft(answer)) state.failed ??= answer
      return answer
    }
    return E.sequenceArray(await Promise.all(items.map((item) => limit(one, item))))
  }
