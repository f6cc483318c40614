/** Whether a run is timed before it starts, and by whom. */
import * as E from 'fp-ts/Either'
import type { Terminal } from '@safe/tensor-core/cli'
import type { Fault } from '@safe/tensor-core/contracts'
import { type Rates, smallModelRates } from '../plan/expected'
import type { Pool } from './pool'

/** Models below this many bytes are not timed: their runs are short, and timing would be a part of them. */
const timedBytes = 20e6
/** Whether a run with so large models is timed before it starts. */
export const isTimed = (modelBytes: number): boolean => modelBytes > timedBytes

/** What a step, a completion and a judgement take, of each aligned model: timed by a worker, unless the models are small. */
export const ratesOf = async (
  pool: Pick<Pool, 'rates'>,
  modelBytes: number,
  terminal: Terminal,
): Promise<E.Either<Fault, ReadonlyArray<Rates>>> => {
  if (!isTimed(modelBytes)) return E.right([smallModelRates])
  terminal.note('timing two steps and some completions')
  return pool.rates()
}
