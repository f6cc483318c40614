import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import fc from 'fast-check'
import * as t from 'io-ts'
import { parse, parseAllDocuments } from 'yaml'
import { type FleetJob, kubernetesFile, skypilotFile, slurmScript } from '../src/submit'
import { documentText, shellWord } from '../src/submit/job'
import { unexpanded } from '../src/submit/kubernetes'

// helpers ----------------------------------------------------------------------------------------

const job: FleetJob = {
  name: 'study',
  config: { suite: 'arena', regimes: ['poison:0.05'], note: "it's END_OF_CONFIG\nEND_OF_CONFIG\n" },
  store: "s3://bucket/it's here",
  count: 4,
  sharing: 'worker',
  gpus: 1,
  cpus: 8,
  memory: 32,
  hours: 36.5,
}

/** A folder with a `redorca` in `node_modules/.bin`, as npm installs it. */
const folderWith = (...lines: ReadonlyArray<string>): string => {
  const folder = mkdtempSync(join(tmpdir(), 'redorca-submit-'))
  const commands = join(folder, 'node_modules', '.bin')
  mkdirSync(commands, { recursive: true })
  writeFileSync(join(commands, 'redorca'), ['#!/bin/sh', ...lines, ''].join('\n'))
  chmodSync(join(commands, 'redorca'), 0o755)
  return folder
}

const fake = [
  'printf "%s\\n" "$@" > args',
  'echo "${REDORCA_CORES-}" > cores',
  'while [ "$1" != --config ]; do shift; done',
  'cat "$2" > config',
]

interface Ran {
  readonly args: ReadonlyArray<string>
  readonly config: unknown
  readonly cores: string
}

/** Runs a shell script with a `redorca` that writes what it was given. @returns its arguments, and the configuration it read */
const ran = (script: string): Ran => {
  const folder = folderWith(...fake)
  const path = join(folder, 'script.sh')
  writeFileSync(path, script)
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
  const { status, stderr } = spawnSync('bash', [path], {
    cwd: folder,
    env: { ...process.env, HOME: folder, PATH: `${join(folder, 'node_modules', '.bin')}:/usr/bin:/bin` },
    encoding: 'utf8',
  })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  const config: unknown = parse(read('config'))
  return { args: read('args').trimEnd().split('\n'), config, cores: read('cores').trim() }
}

const container = t.type({
  image: t.string,
  command: t.tuple([t.string, t.string, t.string]),
  env: t.array(t.type({ name: t.string, value: t.string })),
  resources: t.type({ limits: t.UnknownRecord }),
})
const podFile = t.type({
  kind: t.literal('Job'),
  spec: t.type({
    completionMode: t.literal('Indexed'),
    completions: t.number,
    parallelism: t.number,
    activeDeadlineSeconds: t.number,
    template: t.type({
      spec: t.intersection([
        t.type({ restartPolicy: t.literal('Never'), containers: t.tuple([container]) }),
        t.partial({ securityContext: t.type({ fsGroup: t.number }) }),
      ]),
    }),
  }),
})
const configFile = t.type({ kind: t.literal('ConfigMap'), data: t.type({ 'config.yaml': t.string }) })

const documentsIn = (file: string): readonly [t.TypeOf<typeof configFile>, t.TypeOf<typeof podFile>] => {
  const [config, pods] = parseAllDocuments(file).map((document) => {
    const read: unknown = document.toJS()
    return read
  })
  if (!configFile.is(config) || !podFile.is(pods)) throw new Error('not the documents')
  return [config, pods]
}

// tests ------------------------------------------------------------------------------------------

describe('a Slurm script', () => {
  it('runs a worker with the whole configuration, whatever it holds', () => {
    const { args, config, cores } = ran(slurmScript(job))
    expect(args.slice(0, 3)).toEqual(['worker', '--store', job.store])
    expect(config).toEqual(job.config)
    expect(cores).toBe('8')
  })

  it('finds the command in the folder it is run in, hands on one signal and ends with its exit code', async () => {
    const slow = 'i=0; while [ $i -lt 12 ]; do sleep 0.05; i=$((i+1)); done; exit 9'
    const folder = folderWith("trap 'echo TERM >> heard' TERM", 'echo ready >> heard', slow)
    writeFileSync(join(folder, 'script.sh'), slurmScript(job))
    const script = spawn('bash', ['script.sh'], {
      ...{ cwd: folder, detached: true, stdio: 'ignore' },
      env: { PATH: '/usr/bin:/bin' },
    })
    const ended = new Promise((done) => script.on('close', done))
    const heard = join(folder, 'heard')
    while (!existsSync(heard) && script.exitCode === null) await pause(10)
    // Slurm signals every process of a task.
    process.kill(-(script.pid ?? 0), 'SIGTERM')
    expect(await ended).toBe(9)
    expect(readFileSync(heard, 'utf8')).toBe('ready\nTERM\n')
  })

  it('asks for an array with a task per machine, an accelerator each, and its time', () => {
    const script = slurmScript(job, ['--partition=long'])
    for (const option of [
      '--array=0-3',
      '--gres=gpu:1',
      '--time=1-12:30:00',
      '--mem=32G',
      '--partition=long',
    ])
      expect(script).toContain(`#SBATCH ${option}\n`)
    expect(slurmScript({ ...job, gpus: 0 })).not.toContain('--gres')
  })

  it('gives each task a fixed part where it is told to', () => {
    expect(ran(slurmScript({ ...job, sharing: 'shard' })).args).toEqual([
      ...['bench', '--store', job.store, '--config'],
      ...['/dev/fd/3', '--shard', 'auto'],
    ])
  })
})

describe('a Kubernetes file', () => {
  it('has the configuration, and as many pods as machines, which know their number', () => {
    const [config, pods] = documentsIn(kubernetesFile({ ...job, image: 'redorca:1' }))
    expect(parse(config.data['config.yaml'])).toEqual(job.config)
    const { completions, parallelism, template } = pods.spec
    const [one] = template.spec.containers
    expect([completions, parallelism]).toEqual([4, 4])
    expect(one.env).toContainEqual({ name: 'JOB_COMPLETIONS', value: '4' })
    expect(one.resources.limits['nvidia.com/gpu']).toBe(1)
    expect(one.command[2]).toContain(shellWord(job.store))
    expect(one.env).toContainEqual({ name: 'REDORCA_CORES', value: '8' })
  })

  it('has a command in which Kubernetes expands nothing, and a deadline of at least a second', () => {
    const store = '/data/$(HOSTNAME)/$$'
    const [, pods] = documentsIn(
      kubernetesFile(
        { ...job, store, hours: 0.0001, image: 'redorca:1' },
        { claim: { name: 'd', path: '/data' } },
      ),
    )
    const { activeDeadlineSeconds, template } = pods.spec
    expect(activeDeadlineSeconds).toBe(1)
    expect(template.spec.securityContext?.fsGroup).toBe(1000)
    // What Kubernetes makes of it: $$ is $, and a single one that begins a name does not occur.
    const [, , text] = template.spec.containers[0].command
    expect(text.replaceAll('$$', '')).not.toContain('$')
    expect(ran(text.replaceAll('$$', '$').replace('/etc/redorca/config.yaml', '/dev/null')).args).toContain(
      store,
    )
    expect(unexpanded('a')).toBe('a')
  })

  it('mounts a claim, and takes the environment from a secret', () => {
    const file = kubernetesFile(
      { ...job, gpus: 0, image: 'redorca:1' },
      { secret: 'bucket', claim: { name: 'disk', path: '/data' } },
    )
    expect(file).toContain('claimName: disk')
    expect(file).toContain('mountPath: /data')
    expect(file).toContain('secretRef')
    expect(file).not.toContain('nvidia.com/gpu')
  })
})

describe('a SkyPilot file', () => {
  const taskOf = (file: string): Readonly<Record<string, unknown>> => {
    const read: unknown = parse(file)
    return t.UnknownRecord.is(read) ? read : {}
  }

  it('runs the worker on every node', () => {
    const task = taskOf(skypilotFile(job, 'A100', '0.1.0'))
    expect(task).toMatchObject({ num_nodes: 4, resources: { accelerators: 'A100:1' } })
    const { args, config } = ran(String(task['run']))
    expect(args.slice(0, 3)).toEqual(['worker', '--store', job.store])
    expect(config).toEqual(job.config)
    expect(task['run']).toContain('timeout --kill-after=60 131400 redorca')
    expect(task).toMatchObject({ resources: { autostop: { idle_minutes: 10, down: true } } })
  })

  it('installs the packages of this version, unless an image has them', () => {
    expect(taskOf(skypilotFile(job, 'L4', '0.1.0'))['setup']).toContain('@safe/eval-redorca@0.1.0')
    expect(taskOf(skypilotFile({ ...job, image: 'redorca:1' }, 'L4', '0.1.0'))).toMatchObject({
      resources: { image_id: 'docker:redorca:1' },
    })
  })
})

describe('a document', () => {
  it('is read alike by YAML 1.1 and 1.2, and no line of it is folded', () => {
    const long = `echo ${'word '.repeat(40)}end`
    const document = {
      on: 'on',
      name: 'no',
      a: ['y', '1:30', '0o7', '1_000', '2026-01-01', 'null', '~'],
      long,
    }
    const text = documentText(document)
    expect(parse(text, { version: '1.1' })).toEqual(document)
    expect(parse(text)).toEqual(document)
    expect(text).toContain(long)
  })
})

describe('a word for the shell', () => {
  it('is read back as it was', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary-ascii' }).filter((word) => !word.includes('\0')),
        (word) => {
          const { stdout } = spawnSync('sh', ['-c', `printf %s ${word === '' ? "''" : shellWord(word)}`], {
            encoding: 'utf8',
          })
          return stdout === word
        },
      ),
      { numRuns: 50 },
    )
  })
})
