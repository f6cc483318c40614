/** `tensor-core generate`: completions of prompts, appended as they are made, so that a stopped run can be continued. */
import { appendFileSync } from 'node:fs'
import * as E from 'fp-ts/Either'
import * as RA from 'fp-ts/ReadonlyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Context,
  atLeastZero,
  command,
  dataFile,
  count,
  file,
  many,
  modelChoiceOf,
  modelOptions,
  optional,
  overwriteOption,
  positive,
  required,
  resumeOption,
  share,
  startEngine,
  stopping,
  text,
  wholeFromZero,
  withDefault,
} from './kit'
import {
  type Completion,
  type Example,
  type FormatError,
  type Generates,
  type GenerationError,
  type GenerationOptions,
  type LmError,
  type Prompt,
  type Steps,
  promptText,
  tokenPrompt,
} from '../contracts'
import { refuseExisting, writeError } from '../files'
import { readDataset } from '../formats'
import { loadCausalLM } from '../lm'
import { beginRows, completionRecord, doneRows, finishRows, leaveRows, partialOf } from './partialCompletions'

// rows -------------------------------------------------------------------------------------------

const completionRow = (lm: Steps, example: Example, c: Completion): Readonly<Record<string, unknown>> => ({
  id: example.id,
  prompt:
    lm.tokenizer === undefined
      ? ''
      : example.prompt.kind === 'tokens'
        ? lm.tokenizer.decode(example.prompt.tokens)
        : promptText(example.prompt),
  completion: lm.tokenizer === undefined ? '' : c.text,
  completionTokens: c.tokens,
  finishReason: c.finishReason,
  ...(c.logProbs === undefined
    ? {}
    : {
        logProbs: c.logProbs.map(({ chosen, top }) => ({
          id: chosen.id,
          logProb: chosen.logProb,
          top: top.map((t) => ({ id: t.id, logProb: t.logProb })),
        })),
      }),
})

const attempt = <A>(where: string, work: () => A): E.Either<FormatError, A> =>
  E.tryCatch(work, writeError(where))

// generation -------------------------------------------------------------------------------------

/** All prompts as tokens, before the first is completed: a bad row is reported at once, by name. */
const encodeAll = (
  lm: Steps,
  file: string,
  examples: ReadonlyArray<Example>,
): TE.TaskEither<LmError, ReadonlyArray<Prompt>> =>
  pipe(
    examples,
    TE.traverseSeqArray(({ id, prompt }) =>
      pipe(
        lm.encodePrompt(prompt),
        TE.bimap((e) => ({ ...e, where: `${file}, row ${id}` }), tokenPrompt),
      ),
    ),
  )

/** Rows to complete, and those that an earlier run has done. */
interface Work {
  readonly examples: ReadonlyArray<Example>
  readonly prompts: ReadonlyArray<Prompt>
  /** Rows done already: the first ones. */
  readonly done: number
  /** The file that rows are appended to. */
  readonly partial: string
  /** Rows between two writes. */
  readonly chunkSize: number
}

const generateAll = (
  lm: Generates & Steps,
  { examples, prompts, done, partial, chunkSize }: Work,
  options: GenerationOptions,
  context: Context,
): TE.TaskEither<GenerationError, void> => {
  const rest = examples.slice(done).map((example, i) => ({ example, row: done + i }))
  const progress = context.progress('generate', examples.length)
  progress.tick(done)
  return pipe(
    RA.chunksOf(chunkSize)(rest),
    TE.traverseSeqArray((chunk) =>
      pipe(
        lm.generate(
          chunk.flatMap(({ row }) => {
            const prompt = prompts[row]
            return prompt === undefined ? [] : [{ prompt, stream: row }]
          }),
          options,
        ),
        TE.chainEitherKW((completions) =>
          attempt(partial, () => {
            const rows = chunk.flatMap(({ example }, i) => {
              const c = completions[i]
              return c === undefined ? [] : [`${JSON.stringify(completionRow(lm, example, c))}\n`]
            })
            appendFileSync(partial, rows.join(''))
            progress.tick(chunk.length)
          }),
        ),
      ),
    ),
    TE.map(() => undefined),
    stopping(() => progress),
  )
}

export const generateCommand = command({
  name: 'generate',
  description: 'completions of prompts',
  example:
    'tensor-core generate --model models/aligned --prompts prompts.jsonl --out answers.jsonl --max-new-tokens 64',
  options: {
    ...modelOptions,
    prompts: required(dataFile('rows whose prompts are completed; responses are ignored')),
    out: required(file('JSONL of {id, prompt, completion, completionTokens, finishReason}')),
    maxNewTokens: withDefault(128, count('longest completion, tokens')),
    temperature: withDefault(0, atLeastZero('0 is greedy')),
    topP: withDefault(1, share('keep the smallest set of this mass')),
    topK: withDefault(0, wholeFromZero('keep the k most probable, 0 for all')),
    repetitionPenalty: withDefault(1, positive('over prompt and completion')),
    stop: withDefault<ReadonlyArray<string>>([], many(text('a completion ends before the first of these'))),
    logprobs: optional(wholeFromZero('also log-probabilities, with this many of the most probable tokens')),
    ...overwriteOption,
    ...resumeOption,
  },
  run: (values, context) => {
    const place = partialOf(values.out)
    const options: GenerationOptions = {
      maxNewTokens: values.maxNewTokens,
      temperature: values.temperature,
      topP: values.topP,
      topK: values.topK,
      repetitionPenalty: values.repetitionPenalty,
      stop: values.stop,
      seed: context.common.seed,
      ...(values.logprobs === undefined ? {} : { logProbs: values.logprobs }),
    }
    return pipe(
      TE.Do,
      TE.bindW('target', () => TE.fromEither(refuseExisting(values.out, values))),
      TE.bindW('data', () => readDataset(values.prompts)),
      TE.bindW('done', ({ data }) =>
        TE.fromEither(values.resume ? doneRows(place, data.examples) : E.right([])),
      ),
      TE.bindW('engine', () => startEngine(context)),
      TE.chainW(({ data, done }) =>
        pipe(
          TE.bracket(
            loadCausalLM(modelChoiceOf(values, context)),
            (lm) =>
              pipe(
                encodeAll(lm, values.prompts, data.examples),
                TE.chainFirstW((prompts) =>
                  pipe(
                    completionRecord(
                      lm,
                      { adapter: values.adapter, dtype: context.common.dtype },
                      prompts,
                      options,
                    ),
                    TE.chainW((record) => beginRows(place, done, record)),
                  ),
                ),
                TE.chainW((prompts) =>
                  generateAll(
                    lm,
                    {
                      examples: data.examples,
                      prompts,
                      done: done.length,
                      partial: place.rows,
                      chunkSize: values.batchSize * 4,
                    },
                    options,
                    context,
                  ),
                ),
              ),
            (lm) => TE.fromIO(lm.dispose),
          ),
          TE.mapLeft((fault) => {
            leaveRows(place)
            return fault.kind === 'interrupted'
              ? { ...fault, remedy: 'the same command with --resume continues' }
              : fault
          }),
          TE.chainEitherKW(() => finishRows(place)),
          TE.map(() => ({
            json: { out: values.out, rows: data.examples.length, resumed: done.length },
            text: `${data.examples.length} completions: ${values.out}`,
          })),
        ),
      ),
    )
  },
})
