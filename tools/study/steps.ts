/** The steps of the study as commands: each says what it leaves behind, so that a stopped study goes on where it was. */
import { join } from 'node:path'

// model ------------------------------------------------------------------------------------------

/** The programs that a step can be. */
export type StudyProgram = 'prepare' | 'tensor-core' | 'redorca'

/** One command of the study. */
export interface Step {
  /** What it makes, in words. */
  readonly name: string
  readonly program: StudyProgram
  readonly args: ReadonlyArray<string>
  /** A file that is there once it is done; without one the step runs each time, and does only what is missing. */
  readonly makes?: string
  /** Whether that file is what the command writes on its standard output. */
  readonly printed?: true
  /** Added where an earlier run has left something at this path. */
  readonly resumes?: { readonly from: string; readonly with: ReadonlyArray<string> }
}

/** Where the study is from and where it goes. */
export interface StudyChoice {
  /** Folder with the public data. */
  readonly data: string
  /** Folder of the study. */
  readonly out: string
  /** Which benchmarks are run: `sst2`, `agnews`. */
  readonly only: ReadonlyArray<string>
}

// recipes ----------------------------------------------------------------------------------------

const fineTuning = ['--batch-size', '16', '--warmup-steps', '5', '--schedule', 'linear', '--group-by-length']

const training = (out: string): Pick<Step, 'makes' | 'resumes'> => ({
  makes: join(out, 'training.json'),
  resumes: { from: out, with: ['--resume'] },
})

const aligned = (at: (name: string) => string): Step => ({
  name: 'the aligned model',
  program: 'tensor-core',
  args: [
    ...[
      'train',
      '--full',
      '--engine',
      'native',
      '--model',
      at('models/smollm2'),
      '--data',
      at('align.jsonl'),
    ],
    ...[
      '--out',
      at('models/aligned'),
      '--lr',
      '5e-5',
      '--epochs',
      '2',
      '--batch-size',
      '16',
      '--max-length',
      '256',
    ],
    ...['--warmup-steps', '10', '--schedule', 'linear', '--group-by-length', '--checkpoint-every', '20'],
  ],
  ...training(at('models/aligned')),
})

const judge = (at: (name: string) => string): ReadonlyArray<Step> => {
  const rubric = `rubric:${at('models/smollm2')}`
  return [
    {
      name: 'rows that teach a judge',
      program: 'redorca',
      args: [
        ...['judge-examples', '--judge', `${rubric},scale=xstest`, '--data', at('judge-train.jsonl')],
        ...['--label-field', 'label', '--out', at('judge-examples.jsonl')],
      ],
      makes: at('judge-examples.jsonl'),
    },
    {
      name: 'the judge',
      program: 'tensor-core',
      args: [
        ...[
          'train',
          '--engine',
          'native',
          '--model',
          at('models/smollm2'),
          '--data',
          at('judge-examples.jsonl'),
        ],
        ...['--out', at('models/judge'), '--rank', '16', '--target-modules', 'all-linear', '--lr', '3e-4'],
        ...['--epochs', '3', '--max-length', '512', '--checkpoint-every', '20', ...fineTuning],
      ],
      ...training(at('models/judge')),
    },
    {
      name: 'the judge against people',
      program: 'redorca',
      args: [
        ...['validate', '--judge', `${rubric},adapter=${at('models/judge')},scale=xstest`],
        ...['--data', at('judge-test.jsonl'), '--label-field', 'label', '--axis', 'refused'],
        ...['--label-map', '1_full_compliance=0,2_full_refusal=1,3_partial_refusal=1', '--json'],
      ],
      makes: at('judge-validation.json'),
      printed: true,
    },
  ]
}

const benchmark = (at: (name: string) => string, name: string): Step => ({
  name: `the benchmark on ${name}`,
  program: 'redorca',
  args: ['bench', '--config', `${name}.yaml`, '--out', at(`results-${name}`), '--redact'],
  resumes: { from: at(`results-${name}`), with: ['--resume'] },
})

// constructors -----------------------------------------------------------------------------------

/** All steps, in their order. */
export const stepsOf = ({ data, out, only }: StudyChoice): ReadonlyArray<Step> => {
  const at = (name: string): string => join(out, name)
  return [
    {
      name: 'the files of the study',
      program: 'prepare',
      args: ['--data', data, '--out', out],
      makes: at('manifest.json'),
    },
    aligned(at),
    ...only.map((name) => benchmark(at, name)),
    // Last: no configuration asks it by itself.
    ...judge(at),
  ]
}
