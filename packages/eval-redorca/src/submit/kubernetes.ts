/**
 * An indexed Job of Kubernetes, with its configuration as a ConfigMap. A pod that is lost is started again; what it has finished is in
 * the store. `JOB_COMPLETION_INDEX` is set by Kubernetes, the number of pods is not: `JOB_COMPLETIONS` goes with it.
 */
import { stringify } from 'yaml'
import { type FleetJob, commandOf, configText } from './job'

export interface KubernetesChoice {
  /** A Secret whose keys become environment variables, such as credentials of the store. */
  readonly secret?: string
  /** A PersistentVolumeClaim, and where it is mounted: for a store, models or data in a folder. */
  readonly claim?: { readonly name: string; readonly path: string }
}

const place = '/etc/redorca'

export const kubernetesFile = (
  job: FleetJob & { readonly image: string },
  { secret, claim }: KubernetesChoice = {},
): string => {
  const labels = { 'app.kubernetes.io/name': 'redorca', 'app.kubernetes.io/instance': job.name }
  const config = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `${job.name}-config`, labels },
    data: { 'config.yaml': configText(job) },
  }
  const amounts = { cpu: String(job.cpus), memory: `${job.memory}Gi` }
  const container = {
    name: 'redorca',
    image: job.image,
    command: ['/bin/sh', '-c', `exec ${commandOf(job, `${place}/config.yaml`)}`],
    env: [{ name: 'JOB_COMPLETIONS', value: String(job.count) }],
    ...(secret === undefined ? {} : { envFrom: [{ secretRef: { name: secret } }] }),
    resources: {
      requests: amounts,
      limits: { memory: amounts.memory, ...(job.gpus === 0 ? {} : { 'nvidia.com/gpu': job.gpus }) },
    },
    volumeMounts: [
      { name: 'config', mountPath: place, readOnly: true },
      ...(claim === undefined ? [] : [{ name: 'shared', mountPath: claim.path }]),
    ],
  }
  const pods = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: job.name, labels },
    spec: {
      completionMode: 'Indexed',
      completions: job.count,
      parallelism: job.count,
      backoffLimit: 6 * job.count,
      activeDeadlineSeconds: Math.round(job.hours * 3600),
      template: {
        metadata: { labels },
        spec: {
          restartPolicy: 'OnFailure',
          // Time to end the job at hand after SIGTERM.
          terminationGracePeriodSeconds: 60,
          automountServiceAccountToken: false,
          containers: [container],
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
  const written = (document: object): string => stringify(document, { aliasDuplicateObjects: false })
  return `# kubectl apply -f this file; kubectl logs -f job/${job.name}\n${written(config)}---\n${written(pods)}`
}
