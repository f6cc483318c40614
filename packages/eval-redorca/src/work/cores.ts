/** How many cores a run may use. */
import { availableParallelism } from 'node:os'

/**
 * The cores that the process is bound to, or fewer where `REDORCA_CORES` says so: a scheduler may give a task a part of a machine without
 * binding it to that (Kubernetes with a request, Slurm without task/affinity and task/cgroup), and as many workers as the machine has
 * cores would then overrun the memory that the task was given.
 */
export const coresOf = (
  env: Readonly<Record<string, string | undefined>> = process.env,
  bound = availableParallelism(),
): number => {
  const given = env['REDORCA_CORES'] ?? ''
  return /^[1-9]\d{0,5}$/.test(given) ? Math.min(bound, Number(given)) : bound
}
