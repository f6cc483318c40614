/** `alignbeam generate`: answers to prompts, with beams, verdicts and telemetry. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Context, type Outcome, command, startEngine, stopping } from '@safe/tensor-core/cli'
import { type Example, type Fault, type Steps, interrupted, promptText } from '@safe/tensor-core/contracts'
import { refuseExisting } from '@safe/tensor-core/files'
import { readDataset } from '@safe/tensor-core/formats'
import type { Answer } from '../mixing/answer'
import { alreadyAligned } from '../warnings'
import { type Answering, type Cast, answering } from './answering'
import { castOf, runsHere } from './cast'
import { type GenerateValues, checkValues, generateOptions, generationOf } from './generateOptions'
import { warnBefore } from './generateWarnings'
import { type PartialOutput, partialOutput } from './partialOutput'
import { unlessStopped } from './unlessStopped'

// rows -------------------------------------------------------------------------------------------

/** An answer as it is written. @param model decodes prompts of tokens */
export const rowOf = (
  model: Pick<Steps, 'tokenizer'> | undefined,
  { id, prompt }: Example,
  answer: Answer,
) => ({
  id,
  prompt: prompt.kind === 'tokens' ? (model?.tokenizer?.decode(prompt.tokens) ?? '') : promptText(prompt),
  completion: answer.completion.text,
  chosen: answer.chosen,
  beams: answer.beams.map(({ completion, verdict }) => ({ completion: completion.text, verdict })),
  telemetry: answer.telemetry,
})
interface Made {
  readonly lines: ReadonlyArray<string>
  readonly refusals: number
  readonly own: number
}

// running ----------------------------------------------------------------------------------------

const stopped = (values: GenerateValues): Fault =>
  interrupted('Interrupted', 'stopped on request', {
    ...(values.out === undefined ? {} : { remedy: 'the same command with --resume continues' }),
  })

const answerAll = (
  values: GenerateValues,
  context: Context,
  model: Pick<Steps, 'tokenizer'> | undefined,
  answer: Answering,
  examples: ReadonlyArray<Example>,
  done: ReadonlyArray<string>,
  write: (lines: ReadonlyArray<string>) => TE.TaskEither<Fault, void>,
): TE.TaskEither<Fault, Made> => {
  const generation = generationOf(values, context.common.seed)
  const progress = context.progress(values.method, examples.length)
  progress.tick(done.length)
  const starts = Array.from(
    { length: Math.ceil((examples.length - done.length) / values.batchSize) },
    (_, b) => done.length + b * values.batchSize,
  )
  const batch = (from: number): TE.TaskEither<Fault, Made> => {
    const to = Math.min(examples.length, from + values.batchSize)
    const rows = examples.slice(from, to)
    return pipe(
      answer(
        rows.map(({ prompt }, i) => ({ prompt, stream: from + i })),
        generation,
      ),
      unlessStopped(context, () => stopped(values)),
      TE.chain((answers) => {
        const lines = rows.flatMap((example, i): ReadonlyArray<string> => {
          const given = answers[i]
          return given === undefined ? [] : [JSON.stringify(rowOf(model, example, given))]
        })
        return pipe(
          write(lines),
          TE.map(() => {
            progress.tick(lines.length)
            return {
              lines,
              refusals: answers.filter((a) => a.refuses).length,
              own: answers.filter((a) => a.draftRefuses).length,
            }
          }),
        )
      }),
    )
  }
  return pipe(
    starts,
    TE.traverseSeqArray(batch),
    TE.map((parts) => ({
      lines: [...done, ...parts.flatMap((p) => p.lines)],
      refusals: parts.reduce((n, p) => n + p.refusals, 0),
      own: parts.reduce((n, p) => n + p.own, 0),
    })),
    stopping(() => progress),
  )
}

const toStdout: PartialOutput = {
  done: [],
  append: () => TE.right(undefined),
  finish: TE.right(undefined),
}

const answered = (
  values: GenerateValues,
  context: Context,
  cast: Cast,
  examples: ReadonlyArray<Example>,
): TE.TaskEither<Fault, Outcome> =>
  pipe(
    TE.Do,
    TE.bind('answer', () => TE.fromEither(answering(values, cast))),
    TE.bind('output', (): TE.TaskEither<Fault, PartialOutput> =>
      values.out === undefined
        ? TE.right(toStdout)
        : partialOutput(
            values.out,
            examples.map((e) => e.id),
            values.resume,
          ),
    ),
    TE.chain(({ answer, output }) => {
      warnBefore(values, cast, context)
      const model = values.method === 'anchor' ? cast.anchor : cast.draft
      return pipe(
        answerAll(values, context, model, answer, examples, output.done, output.append),
        TE.chainFirstW(() => output.finish),
        TE.map(({ lines, refusals, own }) => {
          const warning = alreadyAligned(refusals, own)
          if (warning !== undefined) context.warn(warning)
          return values.out === undefined
            ? { json: lines.map((line): unknown => JSON.parse(line)), text: lines.join('\n') }
            : {
                json: { out: values.out, rows: lines.length, resumed: output.done.length },
                text: `${lines.length} answers: ${values.out}`,
              }
        }),
      )
    }),
  )

export const generateCommand = command({
  name: 'generate',
  description: 'answer prompts with a draft and an anchor',
  example:
    'alignbeam generate --draft models/tuned --anchor models/anchor --judge refusal --prompts prompts.jsonl --out answers.jsonl',
  options: generateOptions,
  run: (given, context) =>
    pipe(
      TE.Do,
      TE.bindW('values', (): TE.TaskEither<Fault, GenerateValues> => TE.fromEither(checkValues(given))),
      TE.chainFirst(({ values }): TE.TaskEither<Fault, unknown> =>
        values.out === undefined ? TE.right(undefined) : TE.fromEither(refuseExisting(values.out, values)),
      ),
      TE.bind('data', ({ values }): TE.TaskEither<Fault, { readonly examples: ReadonlyArray<Example> }> =>
        readDataset(values.prompts),
      ),
      TE.chainFirstW(({ values }): TE.TaskEither<Fault, unknown> =>
        runsHere(values) ? startEngine(context) : TE.right(undefined),
      ),
      TE.chain(({ values, data }) =>
        TE.bracket(
          castOf(values, context),
          (cast) => answered(values, context, cast, data.examples),
          (cast) => TE.fromIO(cast.dispose),
        ),
      ),
    ),
})
