/** `submit --to slurm|k8s|skypilot`: prints the file that starts a benchmark on many machines. */
import { resolve } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  choice,
  command,
  count,
  optional,
  positive,
  required,
  text,
  wholeFromZero,
  withDefault,
} from '@safe/tensor-core/cli'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { configDocument } from '../config/config'
import { ownVersion } from '../plan/versions'
import { type FleetJob, kubernetesFile, skypilotFile, slurmScript } from '../submit'
import { configOptions } from './configOptions'
import { configOf } from './runBench'
import {
  acceleratorOption,
  claimOption,
  imageOption,
  isWithin,
  jobName,
  secretOption,
  unusedBy,
} from './submitOptions'

// options ----------------------------------------------------------------------------------------

const options = {
  ...configOptions,
  to: required(choice('scheduler', ['slurm', 'k8s', 'skypilot'])),
  store: required(
    text('where results are kept: s3://BUCKET/PREFIX, or a folder that all machines see', 'URL'),
  ),
  count: withDefault(4, count('machines')),
  sharing: withDefault(
    'worker',
    choice('worker: each takes what is ready; shard: each does a fixed part', ['worker', 'shard']),
  ),
  name: withDefault('redorca', jobName),
  gpus: withDefault(1, wholeFromZero('accelerators of each machine')),
  cpus: withDefault(8, count('cores of each machine')),
  memory: withDefault(32, count('gigabytes of each machine')),
  hours: withDefault(24, positive('hours after which a machine is taken away')),
  image: optional(imageOption),
  partition: optional(text('Slurm partition')),
  account: optional(text('Slurm account')),
  secret: optional(secretOption),
  claim: optional(claimOption),
  accelerator: withDefault('L4', acceleratorOption),
}

// parts ------------------------------------------------------------------------------------------

const isRemote = (store: string): boolean => store.startsWith('s3://')

const refused = (message: string, where: string, remedy: string): E.Either<Fault, never> =>
  E.left(badInput('BadOption', message, { where, remedy }))

/** A value on one line of `#SBATCH`. */
const sbatch = (name: string, value: string | undefined): ReadonlyArray<string> =>
  value === undefined ? [] : [`--${name}=${value}`]

const isPlain = (value: string | undefined): boolean =>
  value === undefined || /^[A-Za-z0-9_.,-]+$/.test(value)

// command ----------------------------------------------------------------------------------------

export const submitCommand = command({
  name: 'submit',
  description: 'print the file that starts a benchmark on many machines: Slurm, Kubernetes or SkyPilot',
  options,
  run: (
    { to, store, sharing, name, gpus, image, partition, account, secret, claim, accelerator, ...rest },
    context,
  ) => {
    const { cpus, memory, hours, count: machines, ...parts } = rest
    unusedBy(to, { image, partition, account, secret, claim }).forEach((name) =>
      context.warn(`--${name} says nothing to ${to}`),
    )
    const fileOf = (job: FleetJob): E.Either<Fault, string> => {
      switch (to) {
        case 'slurm':
          return isPlain(partition) && isPlain(account)
            ? E.right(slurmScript(job, [...sbatch('partition', partition), ...sbatch('account', account)]))
            : refused('is not a name of Slurm', '--partition, --account', 'give letters, digits, - and _')
        case 'k8s':
          return image === undefined
            ? refused('is required for k8s', '--image', 'build one with tools/docker, or name yours')
            : !isRemote(store) && (claim === undefined || !isWithin(claim.path, job.store))
              ? refused(
                  `is a folder, which pods do not share${claim === undefined ? '' : ` outside ${claim.path}`}`,
                  '--store',
                  claim === undefined
                    ? 'mount a volume with --claim NAME:/PATH, or use s3://'
                    : 'give a folder in the volume of --claim, or use s3://',
                )
              : E.right(
                  kubernetesFile(
                    { ...job, image },
                    {
                      ...(secret === undefined ? {} : { secret }),
                      ...(claim === undefined ? {} : { claim }),
                    },
                  ),
                )
        case 'skypilot':
          return isRemote(store)
            ? E.right(skypilotFile(job, accelerator, ownVersion()))
            : refused('is a folder, which the nodes do not share', '--store', 'use s3://BUCKET/PREFIX')
      }
    }
    return context.common.config === undefined
      ? TE.left(badInput('BadOption', '--config is required', { remedy: 'give the benchmark’s YAML file' }))
      : pipe(
          configOf(parts, context),
          E.map((config): FleetJob => ({
            ...{ name, sharing, gpus, cpus, memory, hours, count: machines },
            config: configDocument(config),
            store: isRemote(store) ? store : resolve(store),
            ...(image === undefined ? {} : { image }),
          })),
          E.chain(fileOf),
          E.map((file) => ({ json: { to, file }, text: file.trimEnd() })),
          TE.fromEither,
        )
  },
})
