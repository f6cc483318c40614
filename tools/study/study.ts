/**
 * The whole study in one command: its files, the aligned model, the benchmarks, the judge and its validation.
 *
 *   npm run study -- --data FOLDER --model FOLDER --out FOLDER [--only sst2] [--dry-run]
 *
 * Stopped, the same command goes on with the step that was under way.
 */
import { spawn } from 'node:child_process'
import { createWriteStream, existsSync } from 'node:fs'
import { copyFile, mkdir, rename, rm, symlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  choice,
  command,
  commaSeparated,
  flag,
  folder,
  main,
  required,
  withDefault,
} from '@safe/tensor-core/cli'
import { type Fault, causeLine, failure } from '@safe/tensor-core/contracts'
import { fromSource, root } from '../fromSource'
import { type Step, type StudyProgram, stepsOf } from './steps'

const programs: Readonly<Record<StudyProgram, string>> = {
  prepare: 'tools/study/prepare.ts',
  'tensor-core': 'packages/tensor-core/src/bin/tensor-core.ts',
  redorca: 'packages/eval-redorca/src/bin/redorca.ts',
}

/** Benchmarks of the study, each with a configuration of its name. */
const benchmarks = ['sst2', 'agnews'] as const

// parts ------------------------------------------------------------------------------------------

const argsOf = ({ args, resumes }: Step): ReadonlyArray<string> => [
  ...args,
  ...(resumes !== undefined && existsSync(resumes.from) ? resumes.with : []),
]

const isDone = ({ makes }: Step): boolean => makes !== undefined && existsSync(makes)

/** Runs a command in the study's folder; what it prints is shown, or kept in the file that it makes. */
const ran = (step: Step, cwd: string): TE.TaskEither<Fault, void> =>
  TE.tryCatch(
    async () => {
      const { makes, printed } = step
      const kept = printed === true && makes !== undefined ? `${makes}.part` : undefined
      const child = spawn(process.execPath, [...fromSource(programs[step.program]), ...argsOf(step)], {
        cwd,
        stdio: ['ignore', kept === undefined ? 'inherit' : 'pipe', 'inherit'],
      })
      const file = kept === undefined ? undefined : createWriteStream(kept)
      if (file !== undefined) child.stdout?.pipe(file)
      const status = await new Promise<number | null>((done, fail) => {
        child.on('error', fail)
        child.on('close', done)
      })
      if (status !== 0) {
        if (kept !== undefined) await rm(kept, { force: true })
        throw new Error(`ended with ${status ?? 'a signal'}`)
      }
      if (kept !== undefined && makes !== undefined) await rename(kept, makes)
    },
    (cause) =>
      failure('StepFailed', causeLine(cause), {
        where: step.name,
        remedy: 'run the same command again to go on with this step',
      }),
  )

/** The model beside the files, and the configurations; those that are there stay, so they can be edited. */
const placed = (model: string, out: string, only: ReadonlyArray<string>): TE.TaskEither<Fault, void> =>
  TE.tryCatch(
    async () => {
      await mkdir(join(out, 'models'), { recursive: true })
      const link = join(out, 'models', 'smollm2')
      if (!existsSync(link)) await symlink(resolve(model), link)
      for (const name of only) {
        const config = join(out, `${name}.yaml`)
        if (!existsSync(config)) await copyFile(join(__dirname, `${name}.yaml`), config)
      }
    },
    (cause) => failure('WriteFailed', causeLine(cause), { where: out }),
  )

// command ----------------------------------------------------------------------------------------

const study = command({
  name: '',
  description: 'the whole study on a real model: files, aligned model, benchmarks, judge',
  options: {
    data: required(folder('public data that tools/study/sources.ts names')),
    model: required(folder('SmolLM2-135M-Instruct as it comes')),
    out: required(folder('folder of the study')),
    only: withDefault(benchmarks, commaSeparated(choice('which benchmarks are run', benchmarks))),
    dryRun: flag('show the commands and run nothing'),
  },
  run: ({ data, model, only, dryRun, ...given }, { note }) => {
    const out = resolve(given.out)
    const steps = stepsOf({ data: resolve(data), out, only })
    if (dryRun)
      return TE.right({
        json: { steps },
        text: steps.map((step) => `${step.program} ${argsOf(step).join(' ')}`).join('\n'),
      })
    return pipe(
      steps,
      TE.traverseSeqArray((step) =>
        isDone(step)
          ? TE.right(undefined)
          : pipe(
              TE.fromIO(() => note(step.name)),
              TE.chain(() => (step.program === 'prepare' ? TE.right(undefined) : placed(model, out, only))),
              TE.chain(() => ran(step, step.program === 'prepare' ? root : out)),
            ),
      ),
      TE.map(() => ({ json: { out }, text: out })),
    )
  },
})

main({ name: 'study', version: '0', description: 'the study on a real model', commands: [study] })
