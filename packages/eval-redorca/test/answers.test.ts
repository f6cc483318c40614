/** Answers to the prompts of a suite, by a model that tells what it was asked. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import {
  type Generates,
  type Scores,
  modelVersion,
  promptText,
  responseText,
  textPrompt,
} from '@safe/tensor-core/contracts'
import type { EvaluationItem } from '../src/suite/suite'
import { type Asking, answersOf } from '../src/work/answers'

const item = (id: string, set: EvaluationItem['set'], maxNewTokens?: number): EvaluationItem => ({
  id,
  set,
  split: 'test',
  cluster: id,
  prompt: textPrompt(id),
  fields: {},
  ...(maxNewTokens === undefined ? {} : { maxNewTokens }),
})
const asking = (evaluation: ReadonlyArray<EvaluationItem>, batchSize: number): Asking => ({
  bench: { suite: { evaluation, maxNewTokens: 48 }, config: { batchSize } },
  signal: new AbortController().signal,
  onProgress: () => undefined,
})

describe('answersOf', () => {
  const evaluation = [
    item('sum', 'task', 256),
    item('a long word of the task', 'task', 8),
    item('ask', 'harmful'),
    item('word', 'task', 8),
    item('another sum', 'task', 256),
  ]
  const batches: Array<ReadonlyArray<number>> = []
  const model: Generates & Scores = {
    specificationVersion: modelVersion,
    id: 'echo',
    dispose: () => undefined,
    score: () => TE.right([]),
    generate: (requests, options) => {
      const limits = requests.map(({ maxNewTokens = options.maxNewTokens }) => maxNewTokens)
      batches.push(limits)
      return TE.right(
        requests.map(({ prompt }, i) => ({
          tokens: [],
          text: `${promptText(prompt)}: ${limits[i] ?? 0}`,
          finishReason: 'stop' as const,
        })),
      )
    },
  }

  it('are in the suite’s order, each within its own limit; prompts of one limit are next to each other', async () => {
    const answers = await answersOf(asking(evaluation, 2), model)()
    expect(E.isRight(answers) && answers.right.map(({ text }) => text)).toEqual([
      'sum: 256',
      'a long word of the task: 8',
      'ask: 48',
      'word: 8',
      'another sum: 256',
    ])
    expect(batches).toEqual([[48, 8], [8, 256], [256]])
    batches.length = 0
    await answersOf(asking(evaluation.slice(0, 2), 8), model)()
    expect(batches).toEqual([[8, 256]])
  })
})

describe('answersOf items that list candidates', () => {
  const choosing = (id: string, among: ReadonlyArray<string>, perToken = false): EvaluationItem => ({
    ...item(id, 'task'),
    reference: among[0] ?? '',
    choice: { among, perToken },
  })
  const asked: Array<ReadonlyArray<string>> = []
  /** Each letter of a response is a token; the letters of the prompt are likelier. */
  const model = (lost = 0): Generates & Scores => ({
    specificationVersion: modelVersion,
    id: 'letters',
    dispose: () => undefined,
    generate: (requests) =>
      TE.right(
        requests.map(({ prompt }) => ({ tokens: [], text: promptText(prompt), finishReason: 'length' })),
      ),
    score: (examples) => {
      asked.push(examples.map(({ response }) => responseText(response)))
      return TE.right(
        examples.slice(lost).map(({ id, prompt, response }) => {
          const logProbs = Array.from(responseText(response), (c) =>
            promptText(prompt).includes(c) ? -1 : -2,
          )
          return { id, tokens: logProbs.map(() => 0), logProbs, correct: [], nll: 0 }
        }),
      )
    },
  })
  const evaluation = [
    choosing('ask a', ['b', 'a']),
    item('free', 'harmful'),
    choosing('ask bb', ['xxx', 'bbb', 'ccc']),
    choosing('ask short', ['x', 'sss']),
    choosing('ask again', ['x', 'aaa'], true),
  ]

  it('are the candidates of the highest log-probability; nothing is generated for them', async () => {
    const answers = await answersOf(asking(evaluation, 3), model())()
    expect(E.isRight(answers) && answers.right).toEqual([
      { text: 'a', finishReason: 'stop' },
      { text: 'free', finishReason: 'length' },
      { text: 'bbb', finishReason: 'stop' },
      { text: 'x', finishReason: 'stop' },
      { text: 'aaa', finishReason: 'stop' },
    ])
    expect(asked.map((batch) => batch.length)).toEqual([7, 2])
  })
  it('fail where the model leaves out a score', async () => {
    expect(await answersOf(asking(evaluation, 8), model(1))()).toMatchObject({
      left: { _tag: 'ModelFailed', where: 'letters', message: 'gave 8 scores for 9 candidates' },
    })
  })
  it('stop between two batches', async () => {
    const stop = new AbortController()
    const stopping = { ...asking(evaluation, 1), signal: stop.signal, onProgress: () => stop.abort() }
    expect(await answersOf(stopping, model())()).toMatchObject({
      left: { kind: 'interrupted', message: 'stopped while evaluating' },
    })
  })
})
