/** A benchmark that many machines work on, as it is handed to a scheduler. */
import { stringify } from 'yaml'

// model ------------------------------------------------------------------------------------------

/**
 * How the machines share the work: `worker` takes whatever is ready until nothing is left, `shard` a fixed part. Workers even out slow
 * and lost machines; shards need nothing but the store.
 */
export type Sharing = 'worker' | 'shard'

export interface FleetJob {
  /** A name of lower-case letters, digits and `-`, at most 40. */
  readonly name: string
  /** The complete configuration of the benchmark. */
  readonly config: Readonly<Record<string, unknown>>
  /** `s3://bucket/prefix`, or an absolute path that all machines see. */
  readonly store: string
  /** Machines. */
  readonly count: number
  readonly sharing: Sharing
  /** Accelerators of each machine; 0 runs on its cores. */
  readonly gpus: number
  readonly cpus: number
  /** Gigabytes of each machine. */
  readonly memory: number
  /** Hours after which a machine is taken away. */
  readonly hours: number
  /** A container image with `redorca` in it (tools/docker). */
  readonly image?: string
}

// parts ------------------------------------------------------------------------------------------

/** The configuration as a file's text. */
export const configText = ({ config }: Pick<FleetJob, 'config'>): string => stringify(config)

/**
 * A document for a reader of YAML that may follow version 1.1, as those of Kubernetes and SkyPilot do: there a bare `on` or `no` is no
 * text. Lines are not folded, so that commands stay as they are run.
 */
export const documentText = (document: object): string =>
  stringify(document, { aliasDuplicateObjects: false, compat: 'yaml-1.1', lineWidth: 0 })

/** Whole seconds of a time in hours, at least one. */
export const secondsOf = (hours: number): number => Math.max(1, Math.round(hours * 3600))

/** A word for a POSIX shell: what is not plain is quoted. */
export const shellWord = (word: string): string =>
  /^[A-Za-z0-9_./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`

/** The command of one machine. @param config path of the configuration there; it may hold shell variables, and is quoted */
export const commandOf = ({ sharing, store }: Pick<FleetJob, 'sharing' | 'store'>, config: string): string =>
  sharing === 'worker'
    ? `redorca worker --store ${shellWord(store)} --config "${config}"`
    : `redorca bench --store ${shellWord(store)} --config "${config}" --shard auto`

/** A line that is in no line of the text, to end it in a shell script. */
export const endMark = (text: string): string => {
  const lines = new Set(text.split('\n'))
  const marks = ['END_OF_CONFIG', ...Array.from({ length: lines.size }, (_, i) => `END_OF_CONFIG_${i + 1}`)]
  return marks.find((mark) => !lines.has(mark)) ?? 'END_OF_CONFIG'
}
