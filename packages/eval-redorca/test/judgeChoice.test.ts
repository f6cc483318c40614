import * as E from 'fp-ts/Either'
import * as fc from 'fast-check'
import { parse, stringify } from 'yaml'
import { decodeConfig } from '../src/config/configCodec'
import { configDocument, isArena } from '../src/config/config'
import type { FileSuite } from '../src/config/fileSuiteConfig'
import { defaultBeamJudge, judgeChoiceCodec, judgeModel, shownJudge } from '../src/config/judgeChoice'

const suite = (more: Readonly<Record<string, unknown>>): unknown => ({
  suite: {
    models: { aligned: 'a' },
    training: { regimes: { mine: 'f.jsonl' } },
    evaluation: { harmful: 'h.jsonl' },
    ...more,
  },
})
const decoded = (more: Readonly<Record<string, unknown>>): FileSuite => {
  const config = decodeConfig(suite(more), 'test')
  if (E.isLeft(config)) throw new Error(config.left.message)
  if (isArena(config.right.suite)) throw new Error('no suite')
  return config.right.suite
}
const refused = (more: Readonly<Record<string, unknown>>): string => {
  const config = decodeConfig(suite(more), 'test')
  return E.isLeft(config) ? `${config.left.where ?? ''} ${config.left.message}` : 'accepted'
}

describe('judges of a configuration', () => {
  it('are one or a list, as text, as mappings, or the user’s own', () => {
    expect(decoded({}).judges).toEqual([{ kind: 'refusal', model: undefined, options: {} }])
    expect(decoded({ judge: 'refusal-gcg' }).judges).toEqual([
      { kind: 'refusal-gcg', model: undefined, options: {} },
    ])
    const { judges, headline, beamJudge } = decoded({
      judge: [
        'qwen3guard:models/guard,mode=loose',
        { kind: 'rubric', model: 'https://host/v1#m', options: { scale: 'xstest', repeat: 2, strict: true } },
        { use: './my-judge.mjs', name: 'stern', options: { 'least-words': 4 } },
      ],
      headline: 'stern@1',
      'beam-judge': { kind: 'llama-guard', model: 'hub:o/m' },
    })
    expect(judges).toEqual([
      { kind: 'qwen3guard', model: 'models/guard', options: { mode: 'loose' } },
      {
        kind: 'rubric',
        model: 'https://host/v1#m',
        options: { scale: 'xstest', repeat: '2', strict: 'true' },
      },
      { use: './my-judge.mjs', name: 'stern', options: { leastWords: 4 } },
    ])
    expect(headline).toBe('stern@1')
    expect(beamJudge).toEqual({ kind: 'llama-guard', model: 'hub:o/m', options: {} })
    expect(judges.map(judgeModel)).toEqual(['models/guard', undefined, undefined])
  })
  it('are written to a file that decodes to the same', () => {
    for (const judge of [
      'refusal',
      ['refusal', 'qwen3guard:a,b/c,mode=strict'],
      [
        { use: './j.mjs', name: 'n', options: { leastWords: 4 } },
        { kind: 'k', options: { a: 'x,y' } },
      ],
    ]) {
      const config = decodeConfig(suite({ judge, headline: 'x', 'beam-judge': 'refusal-gcg' }), 'test')
      if (E.isLeft(config)) throw new Error(config.left.message)
      const document = configDocument(config.right)
      const again = decodeConfig(parse(stringify(document)), 'again')
      if (E.isLeft(again)) throw new Error(again.left.message)
      expect(again.right.suite).toEqual(config.right.suite)
      expect(configDocument(again.right)).toEqual(document)
    }
    const plain = decodeConfig(suite({}), 'test')
    expect(E.isRight(plain) && configDocument(plain.right)['suite']).toMatchObject({
      judge: 'refusal',
      'beam-judge': 'refusal-openings',
    })
  })
  it('of a kind round-trip, whatever their options hold', () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/)
    fc.assert(
      fc.property(
        word,
        fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
        fc.dictionary(word, fc.string()),
        (kind, model, options) => {
          const choice = { kind, model, options: { ...options } }
          expect(judgeChoiceCodec.decode(shownJudge(choice))).toEqual(E.right(choice))
        },
      ),
    )
  })
  it('that cannot be read are refused by their key', () => {
    expect(refused({ judge: [] })).toBe('test field suite.judge names no judge')
    expect(refused({ judge: 'refusal:' })).toContain('names no model after the colon')
    expect(refused({ judge: ['refusal', { kind: 'k', modle: 'm' }] })).toContain('modle')
    expect(refused({ judge: { use: './j.mjs' } })).toContain('name')
    expect(refused({ judge: 3 })).toContain('must be KIND[:MODEL]')
  })
})

describe('the default judge among beams', () => {
  const of = (...kinds: ReadonlyArray<string>): unknown =>
    defaultBeamJudge(kinds.map((kind) => ({ kind, model: undefined, options: {} })))
  it('is a list that does not measure', () => {
    expect(of('refusal')).toMatchObject({ kind: 'refusal-openings' })
    expect(of('refusal-openings@1')).toMatchObject({ kind: 'refusal' })
    expect(of('qwen3guard', 'refusal', 'refusal-openings')).toMatchObject({ kind: 'refusal-gcg' })
  })
  it('must be named where every list measures', () => {
    const judge = ['refusal', 'refusal-openings', 'refusal-gcg', 'refusal-alignbeam']
    expect(of(...judge)).toBeUndefined()
    expect(refused({ judge })).toContain('suite.beam-judge is missing, and every phrase list measures')
    expect(decoded({ judge, 'beam-judge': 'refusal' }).beamJudge).toMatchObject({ kind: 'refusal' })
  })
})
