/** A pool whose jobs are run by others: its own first process only says on which engine the run is. */
import * as E from 'fp-ts/Either'
import { smallModelRates } from '../../plan/expected'
import type { Pool } from '../pool'
import type { QueueWorkers } from './queueWorkers'

/** The pool's engine with the queue's workers. The run is not timed: this machine may be another than those that run the jobs. */
export const queuePool = ({ engine }: Pick<Pool, 'engine'>, { workers }: QueueWorkers): Pool => ({
  engine,
  workers: () => workers,
  grow: () => Promise.resolve(E.right(undefined)),
  replace: () => undefined,
  rates: () => Promise.resolve(E.right([smallModelRates])),
})
