/** `worker --queue URL`: runs jobs of any benchmark that goes through the queue, until it is stopped or has nothing to do. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Context, Outcome } from '@safe/tensor-core/cli'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { storePlace } from '../store'
import { coresOf } from '../work/cores'
import { withBroker } from '../work/queue/broker'
import { runQueueMember } from '../work/queue/queueMember'
import { addressOf } from './queueOption'

export interface QueueWorkerChoice {
  readonly queue: string
  /** Jobs at once; one where it is not a number. */
  readonly workers: unknown
  readonly idle: number | undefined
}

export const runQueueWorker = (
  { queue, workers, idle }: QueueWorkerChoice,
  context: Context,
): TE.TaskEither<Fault, Outcome> => {
  const atOnce = workers === undefined || workers === 'auto' ? 1 : workers
  if (typeof atOnce !== 'number' || !Number.isInteger(atOnce) || atOnce < 1)
    return TE.left(badInput('BadOption', 'must be a number of at least 1, or auto', { field: 'workers' }))
  return pipe(
    TE.fromEither(addressOf(queue)),
    TE.chain((address) =>
      withBroker(address, (broker) => {
        context.note(
          `taking jobs from ${address.name}, ${atOnce} at once${idle === undefined ? '; Ctrl-C ends it' : ''}`,
        )
        return runQueueMember({
          ...{ broker, workers: atOnce },
          ...(idle === undefined ? {} : { idleSeconds: idle }),
          placeOf: storePlace,
          portsModule: require.resolve('../work/lmPorts'),
          threads: Math.max(1, Math.floor(coresOf() / atOnce)),
          ...{ terminal: context, signal: context.signal },
        })
      }),
    ),
    TE.map((jobs) => ({ json: { jobs }, text: `${jobs} ${jobs === 1 ? 'job' : 'jobs'} run` })),
  )
}
