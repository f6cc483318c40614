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
import { pipe } from 'fp-ts/function'
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
export type AnsweredSample = t.TypeOf<typeof sampleCodec>

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
  ({ attachments = {} }: AnsweredSample) =>
  (text: string): string =>
    text.startsWith(attachment) ? (attachments[text.slice(attachment.length)] ?? text) : text

const promptOf = ({ input }: AnsweredSample): string =>
  typeof input === 'string'
    ? input
    : textOf(input.filter(({ role }) => role === 'user').at(-1)?.content ?? '')

const finishReasons: Readonly<Record<string, 'stop' | 'length'>> = {
  stop: 'stop',
  max_tokens: 'length',
  model_length: 'length',
}

const rowOf =
  (path: string, isRepeated: boolean) =>
  (sample: AnsweredSample): ReadonlyArray<ForeignRow> => {
    const [first] = sample.output.choices
    if (first === undefined) return []
    const put = putBack(sample)
    const finishReason = finishReasons[first.stop_reason ?? '']
    const id = isRepeated ? `${sample.id}#${sample.epoch}` : String(sample.id)
    return [
      {
        id,
        where: `${path}: sample ${id}`,
        value: {
          prompt: put(promptOf(sample)),
          completion: put(textOf(first.message.content)),
          ...(finishReason === undefined ? {} : { finishReason }),
        },
      },
    ]
  }

// constructors -----------------------------------------------------------------------------------

const decodeSample = (path: string): ((u: unknown) => E.Either<Fault, AnsweredSample>) =>
  decodeAs('FileDamaged')(sampleCodec, path, 'give a log that inspect_ai has written')

/** Rows of samples, each as its JSON in the log. @returns left where a sample is of another shape */
export const rowsOfSamples = (path: string, samples: ReadonlyArray<unknown>): E.Either<Fault, ForeignRows> =>
  pipe(
    samples,
    E.traverseArray(decodeSample(path)),
    E.map((decoded) => {
      const rows = decoded.flatMap(
        rowOf(
          path,
          decoded.some(({ epoch }) => epoch !== 1),
        ),
      )
      const silent = decoded.length - rows.length
      return {
        rows,
        warnings: silent === 0 ? [] : [`${path}: samples without an answer that are left out: ${silent}`],
      }
    }),
  )

/** Whether a JSON document is a log of inspect_ai. */
export const isInspectLog = logCodec.is

/** Rows of a log in its JSON form; none of a log without samples. */
export const rowsOfLog = (path: string, log: t.TypeOf<typeof logCodec>): E.Either<Fault, ForeignRows> =>
  rowsOfSamples(path, log.samples ?? [])
