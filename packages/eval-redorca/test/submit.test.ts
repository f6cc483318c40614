import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import * as t from 'io-ts'
import { parse, parseAllDocuments } from 'yaml'
import { type FleetJob, kubernetesFile, skypilotFile, slurmScript } from '../src/submit'
import { shellWord } from '../src/submit/job'

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

/** Runs a shell script with a `redorca` that writes what it was given. @returns its arguments, and the configuration it read */
const ran = (script: string): { readonly args: ReadonlyArray<string>; readonly config: unknown } => {
  const folder = mkdtempSync(join(tmpdir(), 'redorca-submit-'))
  const fake = join(folder, 'redorca')
  writeFileSync(
    fake,
    `#!/bin/sh\nprintf '%s\\n' "$@" > '${folder}/args'\nwhile [ "$1" != --config ]; do shift; done\ncp "$2" '${folder}/config'\n`,
  )
  chmodSync(fake, 0o755)
  const path = join(folder, 'script.sh')
  writeFileSync(path, script)
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
  const { status, stderr } = spawnSync('bash', [path], {
    cwd: folder,
    env: { ...process.env, PATH: `${folder}:${process.env['PATH'] ?? ''}` },
    encoding: 'utf8',
  })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  const config: unknown = parse(read('config'))
  return { args: read('args').trimEnd().split('\n'), config }
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
    template: t.type({ spec: t.type({ containers: t.tuple([container]) }) }),
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
    const { args, config } = ran(slurmScript(job))
    expect(args.slice(0, 3)).toEqual(['worker', '--store', job.store])
    expect(config).toEqual(job.config)
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
      expect.stringContaining('.yaml') as unknown,
      ...['--shard', 'auto'],
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
  })

  it('installs the packages of this version, unless an image has them', () => {
    expect(taskOf(skypilotFile(job, 'L4', '0.1.0'))['setup']).toContain('@safe/eval-redorca@0.1.0')
    expect(taskOf(skypilotFile({ ...job, image: 'redorca:1' }, 'L4', '0.1.0'))).toMatchObject({
      resources: { image_id: 'docker:redorca:1' },
    })
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
