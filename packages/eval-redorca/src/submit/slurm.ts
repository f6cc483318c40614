/**
 * A batch script for Slurm: an array with one task per machine. Slurm starts a task again that was preempted or whose node failed
 * (`--requeue`), and warns it a minute before its time is over; what it has finished is in the store.
 */
import { type FleetJob, commandOf, configText, endMark } from './job'

/** `D-HH:MM:SS`. */
const timeOf = (hours: number): string => {
  const minutes = Math.max(1, Math.round(hours * 60))
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${Math.floor(minutes / 1440)}-${two(Math.floor((minutes % 1440) / 60))}:${two(minutes % 60)}:00`
}

/** @param more lines of `#SBATCH` options, such as a partition or an account */
export const slurmScript = (job: FleetJob, more: ReadonlyArray<string> = []): string => {
  const config = configText(job)
  const mark = endMark(config)
  const options = [
    `--job-name=${job.name}`,
    `--array=0-${job.count - 1}`,
    '--ntasks=1',
    `--cpus-per-task=${job.cpus}`,
    `--mem=${job.memory}G`,
    ...(job.gpus === 0 ? [] : [`--gres=gpu:${job.gpus}`]),
    `--time=${timeOf(job.hours)}`,
    `--output=${job.name}-%A_%a.log`,
    '--requeue',
    '--open-mode=append',
    '--signal=B:TERM@60',
    ...more,
  ]
  return [
    '#!/bin/bash',
    ...options.map((option) => `#SBATCH ${option}`),
    '',
    `# A benchmark on ${job.count} machine${job.count === 1 ? '' : 's'}: sbatch this file from the folder that the configuration's paths start in.`,
    '# Credentials of a store are taken from the environment of sbatch.',
    'set -eu',
    `export REDORCA_CORES=${job.cpus}`,
    '# Commands of packages that are installed in this folder, as npx finds them.',
    'PATH="$PWD/node_modules/.bin:$PATH"',
    '# In place of the shell: a signal reaches it once, and its exit code is that of the task.',
    `exec ${commandOf(job, '/dev/fd/3')} 3<<'${mark}'`,
    config.trimEnd(),
    mark,
    '',
  ].join('\n')
}
