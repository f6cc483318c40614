/** A task of SkyPilot: as many nodes as machines, each with its accelerators; it runs on clouds, Kubernetes and Slurm. */
import { type FleetJob, commandOf, configText, documentText, endMark, secondsOf } from './job'

/** Minutes after which nodes without work are given back. */
const idleMinutes = 10

/** All methods, since a configuration may name each of them. */
const packages = ['eval-redorca', 'forgetfilter', 'dualselect', 'csulora', 'alignbeam']

/** @param accelerator its kind in SkyPilot's list, such as `L4` or `A100` @param version of the package that a bare machine installs */
export const skypilotFile = (job: FleetJob, accelerator: string, version: string): string => {
  const config = configText(job)
  const mark = endMark(config)
  const engine = job.gpus === 0 ? 'native' : 'cuda'
  const install = [
    'set -e',
    'command -v node > /dev/null || { curl -fsSL https://deb.nodesource.com/setup_20.x | sudo -E bash - && sudo apt-get install -y nodejs; }',
    'command -v g++ > /dev/null && python3 -m pip --version > /dev/null || { sudo apt-get update && sudo apt-get install -y g++ python3-pip; }',
    'mkdir -p ~/redorca && cd ~/redorca',
    `npm install --no-fund --no-audit --ignore-scripts ${packages.map((name) => `@safe/${name}@${version}`).join(' ')} @aws-sdk/client-s3 @tensorflow/tfjs-node-gpu@4.22.0`,
    `node_modules/.bin/tensor-core engine build ${engine}`,
  ]
  const path = job.image === undefined ? ['export PATH=~/redorca/node_modules/.bin:$PATH'] : []
  const run = [
    ...path,
    `cat > config.yaml <<'${mark}'`,
    config.trimEnd(),
    mark,
    `timeout --kill-after=60 ${secondsOf(job.hours)} ${commandOf(job, 'config.yaml')}`,
  ]
  const task = {
    name: job.name,
    num_nodes: job.count,
    resources: {
      ...(job.gpus === 0 ? {} : { accelerators: `${accelerator}:${job.gpus}` }),
      cpus: `${job.cpus}+`,
      memory: `${job.memory}+`,
      autostop: { idle_minutes: idleMinutes, down: true },
      ...(job.image === undefined ? {} : { image_id: `docker:${job.image}` }),
    },
    ...(job.image === undefined ? { setup: `${install.join('\n')}\n` } : {}),
    run: `${run.join('\n')}\n`,
  }
  return `# sky launch this file; for a store in S3 the nodes need its credentials\n${documentText(task)}`
}
