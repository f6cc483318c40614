/** `--shard i/n`: which part of a benchmark this process runs, told by the option or by a scheduler's variables. */
import * as E from 'fp-ts/Either'
import { custom, optional } from '@safe/tensor-core/cli'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import type { Shard } from '../work/fleet/shard'

// model ------------------------------------------------------------------------------------------

type Env = Readonly<Record<string, string | undefined>>

/** A shard, and where it comes from: for a note. */
export interface ShardChoice {
  readonly shard: Shard
  readonly told: string
}

/** What the option says. */
export type ShardGiven = Shard | 'auto' | 'none'

// the option -------------------------------------------------------------------------------------

const shape = 'must be i/n with i from 1 to n (or from 0 to n - 1), auto or none'

/** Numbers from 0 and numbers from 1 name the same parts: those that are equal modulo n. */
const given = (u: unknown): E.Either<string, ShardGiven> => {
  if (u === 'auto' || u === 'none') return E.right(u)
  const [, i, n] = (typeof u === 'string' ? /^(\d{1,9})\/(\d{1,9})$/.exec(u) : null) ?? []
  const [number, count] = [Number(i), Number(n)]
  return count >= 1 && number <= count ? E.right({ index: number % count, count }) : E.left(shape)
}

export const shardOption = {
  shard: optional(
    custom(
      'run part i of n of the benchmark, beside other processes (default: auto, which reads SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX or SKYPILOT_NODE_RANK; none: the whole)',
      'i/n',
      given,
    ),
  ),
}

// variables --------------------------------------------------------------------------------------

const whole = (env: Env, name: string): E.Either<Fault, number> => {
  const value = env[name]
  return value !== undefined && /^\d{1,9}$/.test(value)
    ? E.right(Number(value))
    : E.left(
        badInput(
          'BadShard',
          `must be a whole number${value === undefined ? ', and is not set' : `, but is ${value}`}`,
          {
            where: name,
            remedy: 'give --shard i/n, or --shard none to run the whole benchmark',
          },
        ),
      )
}

const outside = (names: string, told: string): Fault =>
  badInput('BadShard', `${told} is no part of a whole`, {
    where: names,
    remedy: 'number the tasks without gaps, give --shard i/n, or --shard none to run the whole benchmark',
  })

/** Tasks of an array count from `min` in steps. One part is the whole. */
const numbered = (
  names: string,
  {
    id,
    min,
    step,
    count,
  }: { readonly id: number; readonly min: number; readonly step: number; readonly count: number },
): E.Either<Fault, ShardChoice | undefined> => {
  const index = (id - min) / step
  if (count < 1 || !Number.isInteger(index) || index < 0 || index >= count)
    return E.left(outside(names, `task ${id} of ${count}, counted from ${min}`))
  return E.right(count === 1 ? undefined : { shard: { index, count }, told: names })
}

const slurm = (env: Env): E.Either<Fault, ShardChoice | undefined> => {
  const names = 'SLURM_ARRAY_TASK_ID, SLURM_ARRAY_TASK_COUNT'
  const [id, count] = [whole(env, 'SLURM_ARRAY_TASK_ID'), whole(env, 'SLURM_ARRAY_TASK_COUNT')]
  if (E.isLeft(id)) return id
  if (E.isLeft(count)) return count
  const setOr = (name: string, otherwise: number): E.Either<Fault, number> =>
    env[name] === undefined ? E.right(otherwise) : whole(env, name)
  // Without a first number, one that no count from 0 has tells that it counts from 1.
  const min = setOr('SLURM_ARRAY_TASK_MIN', id.right >= count.right ? 1 : 0)
  const step = setOr('SLURM_ARRAY_TASK_STEP', 1)
  if (E.isLeft(min)) return min
  if (E.isLeft(step)) return step
  if (env['SLURM_ARRAY_TASK_MIN'] === undefined && count.right > 1 && id.right <= count.right)
    return E.right({ shard: { index: id.right % count.right, count: count.right }, told: names })
  return numbered(names, { id: id.right, min: min.right, step: Math.max(1, step.right), count: count.right })
}

const ranked = (env: Env, rank: string, size: string): E.Either<Fault, ShardChoice | undefined> => {
  const [id, count] = [whole(env, rank), whole(env, size)]
  if (E.isLeft(id)) return id
  if (E.isLeft(count)) return count
  return numbered(`${rank}, ${size}`, { id: id.right, min: 0, step: 1, count: count.right })
}

/** An indexed job of Kubernetes tells its index, not how many there are. */
const kubernetes = (env: Env): E.Either<Fault, ShardChoice | undefined> =>
  env['JOB_COMPLETIONS'] === undefined
    ? E.left(
        badInput('BadShard', 'JOB_COMPLETION_INDEX is set, and JOB_COMPLETIONS is not', {
          remedy:
            'set JOB_COMPLETIONS to the number of completions of the job, or give --shard i/n or --shard none',
        }),
      )
    : ranked(env, 'JOB_COMPLETION_INDEX', 'JOB_COMPLETIONS')

// constructors -----------------------------------------------------------------------------------

/** @returns undefined: the whole; left `BadShard` where a scheduler's variables do not name a part */
export const shardOf = (
  option: ShardGiven | undefined,
  env: Env,
): E.Either<Fault, ShardChoice | undefined> => {
  if (option === 'none') return E.right(undefined)
  if (option !== undefined && option !== 'auto') return E.right({ shard: option, told: '--shard' })
  if (env['SLURM_ARRAY_TASK_ID'] !== undefined) return slurm(env)
  if (env['JOB_COMPLETION_INDEX'] !== undefined) return kubernetes(env)
  if (env['SKYPILOT_NODE_RANK'] !== undefined) return ranked(env, 'SKYPILOT_NODE_RANK', 'SKYPILOT_NUM_NODES')
  return option === undefined
    ? E.right(undefined)
    : E.left(
        badInput('BadShard', 'auto: no scheduler has set its variables', {
          where: '--shard',
          remedy:
            'give i/n, or run in a Slurm array, an indexed job of Kubernetes, or a SkyPilot task of several nodes',
        }),
      )
}
