/**
 * Answers in logs of inspect_ai, to be judged again: one row for each sample that has an answer. Written down from the logs of
 * inspect-ai 0.3.285; fields that are not read here may be anything.
 *
 * - `id` is the sample's, with `#EPOCH` behind it where the log has several epochs;
 * - `prompt` is the sample's input; of a conversation, the last message of the user;
 * - `completion` is the first choice of the output;
 * - text that the log keeps among its attachments is put back.
 */
import * as E from 'fp-ts/Either'
import { flow, pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import type { Fault } from '@safe/tensor-core/contracts'
import { decodeAs } from '@safe/tensor-core/files'

// model ------------------------------------------------------------------------------------------

/** A row to be judged, and where it stands. */
export interface ForeignRow {
  readonly id: string
  readonly where: string
  readonly value: Readonly<Record<string, unknown>>
}

/** The rows of a file, and what its user should know about those that are missing. */
export interface ForeignRows {
  readonly rows: ReadonlyArray<ForeignRow>
  readonly warnings: ReadonlyArray<string>
}

/** A sample as it is read: without an answer where the model gave none. */
export interface SampleAnswer {
  readonly id: string | number
  readonly epoch: number
  readonly answer?: {
    readonly prompt: string
    readonly completion: string
    readonly finishReason?: 'stop' | 'length'
  }
}

// codecs -----------------------------------------------------------------------------------------

const part = t.intersection([t.type({ type: t.string }), t.partial({ text: t.string })])
const content = t.union([t.string, t.readonlyArray(part)])
const message = t.type({ role: t.string, content })
const choice = t.intersection([t.type({ message }), t.partial({ stop_reason: t.string })])

const sampleCodec = t.intersection([
  t.type({
    id: t.union([t.string, t.number]),
    epoch: t.number,
    input: t.union([t.string, t.readonlyArray(message)]),
    output: t.intersection([
      t.type({ choices: t.readonlyArray(choice) }),
      t.partial({ completion: t.string }),
    ]),
  }),
  t.partial({ attachments: t.record(t.string, t.string) }),
])
type DecodedSample = t.TypeOf<typeof sampleCodec>

const logCodec = t.intersection([
  t.type({ version: t.number, eval: t.UnknownRecord }),
  t.partial({ samples: t.union([t.readonlyArray(t.unknown), t.null]) }),
])

// parts ------------------------------------------------------------------------------------------

const textOf = (of: t.TypeOf<typeof content>): string =>
  typeof of === 'string'
    ? of
    : of.flatMap(({ type, text }) => (type === 'text' && text !== undefined ? [text] : [])).join('\n')

const attachment = 'attachment://'

/** The text itself where the log has it among the sample's attachments. */
const putBack =
  ({ attachments = {} }: DecodedSample) =>
  (text: string): string =>
    text.startsWith(attachment) ? (attachments[text.slice(attachment.length)] ?? text) : text

const promptOf = ({ input }: DecodedSample): string =>
  typeof input === 'string'
    ? input
    : textOf(input.filter(({ role }) => role === 'user').at(-1)?.content ?? '')

const finishReasons: Readonly<Record<string, 'stop' | 'length'>> = {
  stop: 'stop',
  max_tokens: 'length',
  model_length: 'length',
}

const answerIn = (sample: DecodedSample): SampleAnswer => {
  const { id, epoch, output } = sample
  const [first] = output.choices
  if (first === undefined) return { id, epoch }
  const put = putBack(sample)
  const finishReason = finishReasons[first.stop_reason ?? '']
  return {
    id,
    epoch,
    answer: {
      prompt: put(promptOf(sample)),
      completion: put(textOf(first.message.content)),
      ...(finishReason === undefined ? {} : { finishReason }),
    },
  }
}

// constructors -----------------------------------------------------------------------------------

/** What is read of a sample, which may hold far more. @returns left where it is of another shape */
export const sampleAnswer = (path: string): ((json: unknown) => E.Either<Fault, SampleAnswer>) =>
  flow(decodeAs('FileDamaged')(sampleCodec, path, 'give a log that inspect_ai has written'), E.map(answerIn))

/** Rows of the samples of a log; those without an answer are left out. */
export const rowsOfAnswers = (path: string, samples: ReadonlyArray<SampleAnswer>): ForeignRows => {
  const isRepeated = samples.some(({ epoch }) => epoch !== 1)
  const rows = samples.flatMap(({ id: of, epoch, answer }) => {
    const id = isRepeated ? `${of}#${epoch}` : String(of)
    return answer === undefined ? [] : [{ id, where: `${path}: sample ${id}`, value: { ...answer } }]
  })
  const silent = samples.length - rows.length
  return {
    rows,
    warnings: silent === 0 ? [] : [`${path}: samples without an answer that are left out: ${silent}`],
  }
}

/** Whether a JSON document is a log of inspect_ai. */
export const isInspectLog = logCodec.is

/** Rows of a log in its JSON form; none of a log without samples. */
export const rowsOfLog = (path: string, log: t.TypeOf<typeof logCodec>): E.Either<Fault, ForeignRows> =>
  pipe(
    log.samples ?? [],
    E.traverseArray(sampleAnswer(path)),
    E.map((samples) => rowsOfAnswers(path, samples)),
  )
