/** Answers to the prompts of a suite, by a model that tells what it was asked. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { type Generates, modelVersion, promptText, textPrompt } from '@safe/tensor-core/contracts'
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
  const model: Generates = {
    specificationVersion: modelVersion,
    id: 'echo',
    dispose: () => undefined,
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
