/** Safe rows in batches: the whole set in random order, in another order at each pass over it. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Dataset,
  type Example,
  type Fault,
  type RuleState,
  type StepContext,
  type Update,
  type UpdateRule,
  badInput,
} from '@safe/tensor-core/contracts'
import { stream } from '@safe/tensor-core/random'
import type { RivalError } from './errors'

// model ------------------------------------------------------------------------------------------

/** The safe rows of a rival. */
export interface SafeResources {
  readonly safe: Dataset
  /** Of their order. */
  readonly seed: number
  /** Default: random, another at each pass. `file`: that of the file. */
  readonly order?: 'random' | 'file'
}

/** A batch of safe rows after `drawn` rows have been drawn before; never more than there are. */
export type DrawSafe = (drawn: number, count: number) => ReadonlyArray<Example>

// drawing ----------------------------------------------------------------------------------------

/** Safe rows as batches. @returns left `EmptySafeRows` where there are none */
export const safeRows = ({ safe, seed, order }: SafeResources): E.Either<RivalError, DrawSafe> => {
  const { examples, name } = safe
  const size = examples.length
  if (size === 0)
    return E.left(
      badInput('EmptySafeRows', 'holds no row', { where: name, remedy: 'give at least one safe row' }),
    )
  const inOrder = examples.map((_, i) => i)
  const orderOf = (pass: number): ReadonlyArray<number> =>
    order === 'file' ? inOrder : stream(seed, 'rivals', 'safe', pass).shuffle(inOrder)
  return E.right((drawn, count) => {
    const orders = new Map<number, ReadonlyArray<number>>()
    return Array.from({ length: Math.min(count, size) }, (_, k) => drawn + k).flatMap((at) => {
      const pass = Math.floor(at / size)
      const known = orders.get(pass) ?? orderOf(pass)
      orders.set(pass, known)
      return examples[known[at % size] ?? 0] ?? []
    })
  })
}

// steps ------------------------------------------------------------------------------------------

/** A step of the rule inside on safe rows in place of its batch; what an outer rule knows of that batch does not apply to them. */
export const safeStep = <G, R extends Fault>(
  inner: UpdateRule<G, R>,
  state: RuleState<G>,
  { phase, epoch, step, trainingSteps, epochStart, parameters }: StepContext<G>,
  batch: ReadonlyArray<Example>,
): TE.TaskEither<R, Update<G>> =>
  pipe(
    inner.step(state, { phase, epoch, step, trainingSteps, epochStart, parameters, batch, indices: [] }),
    TE.map((update) => ({ ...update, batch: update.batch ?? batch })),
  )
