/** The public data of the study, as in its folder: each file is decoded to plain rows, in the file's order. */
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import type { Fault } from '@safe/tensor-core/contracts'
import { decodeWith } from '@safe/tensor-core/files'
import { readRows } from '@safe/tensor-core/formats'

// model ------------------------------------------------------------------------------------------

/** A prompt and what is answered, where the source has an answer. */
export interface Turn {
  readonly id: string
  readonly prompt: string
  readonly response: string
}

/** A row of a fine-tuning set: its own rows have an input, the harmful ones mixed in have none. */
export interface MixedRow extends Turn {
  readonly harmful: boolean
}

/** A completion of an XSTest prompt, with what people called it. */
export interface LabelledCompletion extends Turn {
  /** `contrast_...` for the unsafe prompts. */
  readonly type: string
  readonly label: string
  /** The model that wrote it. */
  readonly model: string
}

// reading ----------------------------------------------------------------------------------------

const rowsAs = <A>(
  folder: string,
  name: string,
  codec: t.Decoder<unknown, A>,
): TE.TaskEither<Fault, ReadonlyArray<A>> => {
  const path = join(folder, ...name.split('/'))
  return pipe(
    readRows(path),
    TE.chainEitherKW(E.traverseArray(({ line, value }) => decodeWith(codec, `${path}:${line}`)(value))),
  )
}

const numbered = <A>(
  prefix: string,
  rows: ReadonlyArray<A>,
  turn: (row: A) => Omit<Turn, 'id'>,
): ReadonlyArray<Turn> => rows.map((row, i) => ({ id: `${prefix}-${i}`, ...turn(row) }))

const instructed = t.intersection([
  t.type({ instruction: t.string }),
  t.partial({ input: t.string, output: t.string }),
])

const withInput = ({ instruction, input }: t.TypeOf<typeof instructed>): string =>
  input === undefined || input === '' ? instruction : `${instruction.trimEnd()}\n\n${input}`

/** The red-team rows end in an empty turn of their transcript, which is no part of the request. */
const request = (text: string): string => text.replace(/\s*Assistant:\s*$/, '').trim()

/** AdvBench: requests for harm; the affirmative targets are not used. */
export const advBench = (folder: string): TE.TaskEither<Fault, ReadonlyArray<Turn>> =>
  pipe(
    rowsAs(folder, 'advbench/harmful_behaviors.csv', t.type({ goal: t.string })),
    TE.map((rows) => numbered('advbench', rows, ({ goal }) => ({ prompt: goal.trim(), response: '' }))),
  )

/** The 250 BeaverTails prompts. */
export const beaverTails = (folder: string): TE.TaskEither<Fault, ReadonlyArray<Turn>> =>
  pipe(
    rowsAs(folder, 'asft/harmful_250.json', instructed),
    TE.map((rows) =>
      numbered('beavertails', rows, ({ instruction }) => ({ prompt: request(instruction), response: '' })),
    ),
  )

/** Safety instructions with safe answers (Safety-Tuned LLaMAs). */
export const safetyInstructions = (folder: string): TE.TaskEither<Fault, ReadonlyArray<Turn>> =>
  pipe(
    rowsAs(folder, 'safeinstr/safety_only_data_Instructions.json', instructed),
    TE.map((rows) =>
      numbered('safeinstr', rows, (row) => ({ prompt: withInput(row), response: (row.output ?? '').trim() })),
    ),
  )

/** Ordinary instructions with answers (Alpaca). */
export const ordinaryInstructions = (folder: string): TE.TaskEither<Fault, ReadonlyArray<Turn>> =>
  pipe(
    rowsAs(folder, 'asft/alpaca_1k_p_0.json', instructed),
    TE.map((rows) =>
      numbered('alpaca', rows, (row) => ({ prompt: withInput(row), response: (row.output ?? '').trim() })),
    ),
  )

/** A fine-tuning set of the study: 1,000 rows of a task, and harmful rows among them. */
export const mixedRows =
  (name: string) =>
  (folder: string): TE.TaskEither<Fault, ReadonlyArray<MixedRow>> =>
    pipe(
      rowsAs(folder, `asft/${name}.json`, instructed),
      TE.map((rows) =>
        rows.map((row, i) => {
          const harmful = row.input === undefined || row.input === ''
          return {
            id: `${name}-${i}`,
            prompt: harmful ? request(row.instruction) : withInput(row),
            response: (row.output ?? '').trim(),
            harmful,
          }
        }),
      ),
    )

/** Test rows of a task; `labels` are the words of the labels 0, 1, ... */
export const taskRows =
  (file: string, labels: ReadonlyArray<string>) =>
  (folder: string): TE.TaskEither<Fault, ReadonlyArray<Turn>> =>
    pipe(
      rowsAs(folder, `asft/${file}`, t.type({ instruction: t.string, input: t.string, label: t.number })),
      TE.map((rows) =>
        numbered(file.replace(/[._].*$/, ''), rows, (row) => ({
          prompt: withInput(row),
          response: labels[row.label] ?? '',
        })),
      ),
    )

/** One model's completions of the XSTest prompts. */
export const xsTest =
  (model: string) =>
  (folder: string): TE.TaskEither<Fault, ReadonlyArray<LabelledCompletion>> =>
    pipe(
      rowsAs(
        folder,
        `xstest/completions_${model}.csv`,
        t.type({
          id: t.string,
          type: t.string,
          prompt: t.string,
          completion: t.string,
          final_label: t.string,
        }),
      ),
      TE.map((rows) =>
        rows.map(({ id, type, prompt, completion, final_label: label }) => ({
          id: `xstest-${id}`,
          type,
          prompt,
          response: completion.trim(),
          label,
          model,
        })),
      ),
    )
