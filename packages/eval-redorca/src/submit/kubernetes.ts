/**
 * An indexed Job of Kubernetes (1.31 or later, for `podFailurePolicy`), with its configuration as a ConfigMap. A pod that is lost is
 * replaced; what it has finished is in the store. `JOB_COMPLETION_INDEX` is set by Kubernetes, the number of pods is not:
 * `JOB_COMPLETIONS` goes with it.
 */
import { type FleetJob, commandOf, configText, documentText, secondsOf } from './job'

// model ------------------------------------------------------------------------------------------

export interface KubernetesChoice {
  /** A Secret whose keys become environment variables, such as credentials of the store. */
  readonly secret?: string
  /** A PersistentVolumeClaim, and where it is mounted: for a store, models or data in a folder. */
  readonly claim?: { readonly name: string; readonly path: string }
}

/** Where the configuration is mounted. */
export const configFolder = '/etc/redorca'

/** The group of the image's user (`node`), which may write to a mounted volume. */
const imageGroup = 1000

/** How often a pod that failed is replaced. */
const retries = 6

// parts ------------------------------------------------------------------------------------------

/** Text in which Kubernetes replaces nothing: it reads `$(NAME)` in a command as a variable, and `$$` as `$`. */
export const unexpanded = (text: string): string => text.replaceAll('$', '$$$$')

/**
 * Bad input stays bad input, but it may be so on one node alone, such as one with another engine. A pod that its node had to give up is
 * not one that failed.
 */
const failurePolicy = {
  rules: [
    { action: 'FailIndex', onExitCodes: { containerName: 'redorca', operator: 'In', values: [2] } },
    { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
  ],
}

const containerOf = (
  job: FleetJob & { readonly image: string },
  { secret, claim }: KubernetesChoice,
): object => {
  const amounts = { cpu: String(job.cpus), memory: `${job.memory}Gi` }
  return {
    name: 'redorca',
    image: job.image,
    command: ['/bin/sh', '-c', unexpanded(`exec ${commandOf(job, `${configFolder}/config.yaml`)}`)],
    env: [
      { name: 'JOB_COMPLETIONS', value: String(job.count) },
      // A request of cores binds a container to none of them.
      { name: 'REDORCA_CORES', value: String(job.cpus) },
    ],
    ...(secret === undefined ? {} : { envFrom: [{ secretRef: { name: secret } }] }),
    resources: {
      requests: amounts,
      limits: { memory: amounts.memory, ...(job.gpus === 0 ? {} : { 'nvidia.com/gpu': job.gpus }) },
    },
    volumeMounts: [
      { name: 'config', mountPath: configFolder, readOnly: true },
      ...(claim === undefined ? [] : [{ name: 'shared', mountPath: claim.path }]),
    ],
  }
}

// constructors -----------------------------------------------------------------------------------

export const kubernetesFile = (
  job: FleetJob & { readonly image: string },
  choice: KubernetesChoice = {},
): string => {
  const { claim } = choice
  const labels = { 'app.kubernetes.io/name': 'redorca', 'app.kubernetes.io/instance': job.name }
  const config = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `${job.name}-config`, labels },
    data: { 'config.yaml': configText(job) },
  }
  const pods = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: job.name, labels },
    spec: {
      completionMode: 'Indexed',
      completions: job.count,
      parallelism: job.count,
      backoffLimitPerIndex: retries,
      activeDeadlineSeconds: secondsOf(job.hours),
      podFailurePolicy: failurePolicy,
      template: {
        metadata: { labels },
        spec: {
          // A pod that failed is replaced, and its log stays.
          restartPolicy: 'Never',
          // Time to put things in order after SIGTERM.
          terminationGracePeriodSeconds: 60,
          automountServiceAccountToken: false,
          ...(claim === undefined
            ? {}
            : { securityContext: { fsGroup: imageGroup, fsGroupChangePolicy: 'OnRootMismatch' } }),
          containers: [containerOf(job, choice)],
          volumes: [
            { name: 'config', configMap: { name: `${job.name}-config` } },
            ...(claim === undefined
              ? []
              : [{ name: 'shared', persistentVolumeClaim: { claimName: claim.name } }]),
          ],
        },
      },
    },
  }
  const head = `# kubectl apply -f this file; kubectl logs -f job/${job.name}; again: kubectl replace --force -f this file`
  return `${head}\n${documentText(config)}---\n${documentText(pods)}`
}
