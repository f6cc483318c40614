/** `--queue`: the Redis server whose queue the jobs of benchmarks go through. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { count, optional, text, withDefault } from '@safe/tensor-core/cli'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { type QueueAddress, queueAddress } from '../work/queue/queueUrl'

export const queueOption = {
  queue: optional(
    text(
      'run jobs through the queue of this Redis server: redis://HOST:PORT, or env:NAME for a variable with the address',
      'URL',
    ),
  ),
}

/** How a benchmark uses a queue. */
export const askingOptions = {
  inFlight: withDefault(64, count('with --queue: jobs in the queue at most at any time')),
  priority: withDefault(
    100,
    count('with --queue: lower numbers go first, among all benchmarks of the queue'),
  ),
}

/** The address that an option names. @param env variables, which keep a password out of the list of processes */
export const addressOf = (
  given: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): E.Either<Fault, QueueAddress> => {
  const [, name] = /^env:(.+)$/.exec(given) ?? []
  return name === undefined
    ? queueAddress(given)
    : pipe(
        env[name],
        E.fromNullable<Fault>(
          badInput('BadOption', `the variable ${name} is not set`, {
            field: 'queue',
            remedy: 'set it to redis://HOST:PORT',
          }),
        ),
        E.chain(queueAddress),
      )
}
