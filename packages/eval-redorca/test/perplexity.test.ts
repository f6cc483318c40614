/** Perplexity: the texts of a file, the scores of a model, the metric of a cell. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import * as fc from 'fast-check'
import { type Scores, faultLine, modelVersion, responseText, textExample } from '@safe/tensor-core/contracts'
import { isArena } from '../src/config/config'
import { decodeConfig } from '../src/config/configCodec'
import { perplexityOf } from '../src/results/perplexity'
import { fileSuite } from '../src/suite/fileSuite'
import { readTexts } from '../src/suite/textScores'
import { judgeOpener } from '../src/work/judgeOpener'
import { textScoresOf } from '../src/work/perplexity'

const folder = mkdtempSync(join(tmpdir(), 'texts-'))
const file = (...lines: ReadonlyArray<string>): string => {
  const path = join(folder, 'texts.jsonl')
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''))
  return path
}

describe('readTexts', () => {
  it('reads rows with a response, and plain texts without prompt or template', async () => {
    const read = await readTexts(
      file('{"prompt":"p","response":"r"}', '{"id":"x","text":"a text","year":1}'),
    )()
    if (E.isLeft(read)) throw new Error(read.left.message)
    expect(read.right.examples.map(({ id, prompt, response }) => [id, prompt, response])).toEqual([
      ['0', { kind: 'text', text: 'p' }, { kind: 'text', text: 'r' }],
      ['x', { kind: 'tokens', tokens: [] }, { kind: 'text', text: 'a text' }],
    ])
  })
  it.each([
    [
      '{"prompt":"p"}',
      /texts.jsonl, row 0: has no text to score; give rows with a response, or rows {text}$/,
    ],
    ['{"text":""}', /texts.jsonl, row 0: has no text to score/],
    ['{"body":"b"}', /has none of the known forms/],
  ])('refuses %s', async (line, message) => {
    const read = await readTexts(file(line))()
    expect(E.isLeft(read) && faultLine(read.left)).toMatch(message)
  })
  it('refuses a file without rows', async () =>
    expect(await readTexts(file())()).toMatchObject({ left: { kind: 'input' } }))
})

describe('a suite', () => {
  const made = async (evaluation: Readonly<Record<string, unknown>>) => {
    const suite = { models: { aligned: 'a' }, training: { regimes: { mine: 'train' } }, evaluation }
    const config = decodeConfig({ suite, regimes: ['mine'] }, 'test')
    if (E.isLeft(config) || isArena(config.right.suite)) throw new Error('no suite')
    const read = (name: string) => TE.right({ name, examples: [textExample('0', name, 'x')] })
    const result = await fileSuite(read, judgeOpener())(config.right.suite, ['mine'])()
    if (E.isLeft(result)) throw new Error(result.left.message)
    return result.right.perplexity?.examples.map(({ response }) => responseText(response))
  }
  it('has the texts that its evaluation names, and none without', async () => {
    expect(await made({ harmful: 'h', perplexity: file('{"text":"one"}', '{"text":"two"}') })).toEqual([
      'one',
      'two',
    ])
    expect(await made({ harmful: 'h' })).toBeUndefined()
  })
})

describe('textScoresOf', () => {
  const model = (logProb: number): Scores => ({
    specificationVersion: modelVersion,
    id: 'letters',
    dispose: () => undefined,
    score: (examples) =>
      TE.right(
        examples.map(({ id, response }) => ({
          id,
          tokens: [],
          logProbs: Array.from(responseText(response), () => logProb),
          correct: [],
          nll: 0,
        })),
      ),
  })
  const asking = { batchSize: 2, signal: new AbortController().signal, onDone: () => undefined }
  const texts = async () => {
    const read = await readTexts(file('{"text":"ab"}', '{"text":"c"}', '{"text":"defg"}'))()
    return E.isRight(read) ? read.right : { name: '', examples: [] }
  }
  it('sums what the model gives each text', async () => {
    expect(await textScoresOf(asking, model(-0.5), await texts())()).toEqual(
      E.right([
        { id: '0', tokens: 2, nll: 1 },
        { id: '1', tokens: 1, nll: 0.5 },
        { id: '2', tokens: 4, nll: 2 },
      ]),
    )
  })
  it('fails where a text is missing or has no likelihood', async () => {
    expect(await textScoresOf(asking, model(-Infinity), await texts())()).toMatchObject({
      left: { _tag: 'ModelFailed', message: 'gave no finite log-likelihood for the text 0' },
    })
    const silent: Scores = { ...model(-1), score: () => TE.right([]) }
    expect(await textScoresOf(asking, silent, await texts())()).toMatchObject({
      left: { _tag: 'ModelFailed', message: 'gave 0 scores for 2 texts' },
    })
  })
})

describe('perplexityOf', () => {
  const row = (tokens: number, perToken: number, i = 0) => ({ id: String(i), tokens, nll: tokens * perToken })
  it('is exp of the mean over tokens, not over texts', () => {
    const { perplexity } = perplexityOf([{ perplexity: [row(1, Math.log(2)), row(3, Math.log(4))] }])
    // (1 ln 2 + 3 ln 4) / 4 = ln(2^7) / 4
    expect(perplexity?.value).toBeCloseTo(2 ** (7 / 4), 12)
    expect(perplexity).toMatchObject({
      n: 2,
      method: 'bootstrap',
      of: 'the model without decoding defences',
    })
    expect(perplexity?.low).toBeCloseTo(2, 12)
    expect(perplexity?.high).toBeCloseTo(4, 12)
  })
  it('is absent where it was not measured for every cell', () => {
    expect(perplexityOf([{}])).toEqual({})
    expect(perplexityOf([{ perplexity: [row(1, 1)] }, {}])).toEqual({})
    expect(perplexityOf([{ perplexity: [row(0, 0)] }])).toEqual({})
    expect(perplexityOf([])).toEqual({})
  })
  it('is over the tokens of all seeds, with an interval that covers seeds', () => {
    const seed = (perToken: number) => ({
      perplexity: Array.from({ length: 20 }, (_, i) => row(10, perToken, i)),
    })
    const { perplexity } = perplexityOf([seed(1), seed(3)])
    expect(perplexity).toMatchObject({ n: 20, seeds: 2, method: 'bootstrap over seeds and texts' })
    expect(perplexity?.value).toBeCloseTo(Math.exp(2), 12)
    // Texts do not differ within a seed: all spread is that of the seeds.
    expect([perplexity?.low ?? 0, perplexity?.high ?? 0].map((x) => Math.log(x))).toEqual([
      expect.closeTo(1, 9),
      expect.closeTo(3, 9),
    ])
  })
  it('lies within its interval, between the texts’ own perplexities', () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.double({ min: 0, max: 5, noNaN: true })), {
          minLength: 1,
          maxLength: 12,
        }),
        (texts) => {
          const rows = texts.map(([tokens, perToken], i) => row(tokens, perToken, i))
          const { perplexity } = perplexityOf([{ perplexity: rows }])
          if (perplexity === undefined) throw new Error('absent')
          const own = texts.map(([, perToken]) => Math.exp(perToken))
          expect(perplexity.value).toBeGreaterThanOrEqual(Math.min(...own) - 1e-9)
          expect(perplexity.value).toBeLessThanOrEqual(Math.max(...own) + 1e-9)
          expect(perplexity.low).toBeLessThanOrEqual(perplexity.value + 1e-9)
          expect(perplexity.high).toBeGreaterThanOrEqual(perplexity.value - 1e-9)
        },
      ),
      { numRuns: 20 },
    ))
})
