/** Files for schedulers that start a benchmark on many machines. */
export type { FleetJob, Sharing } from './job'
export { configFolder, kubernetesFile } from './kubernetes'
export { skypilotFile } from './skypilot'
export { slurmScript } from './slurm'
