/** The data of the page of samples: each prompt once, every answer with all that is said of it, and the files of texts. */
import * as fc from 'fast-check'
import type { BrowserData } from '../src/report/browser/data'
import { browserFiles } from '../src/report/browser/files'
import { keyed } from '../src/report/browser/keys'
import { browserData } from '../src/report/browser/shape'
import { redactedSamples } from '../src/report/redact'
import type { Sample } from '../src/suite/samples'
import { guard, inputOf, phrases, sampleOf, verdict } from './fakes/browserInput'
import { answers, cellOf, stamp } from './fakes/resultsFolder'

const refusal = 'Sorry, no.'
const bare = [
  sampleOf(
    { id: 'h1', set: 'harmful', completion: 'Take the tongs.', split: 'test', cluster: 'tongs' },
    {},
    { harmful: true, pHarmful: 0.87654 },
  ),
  sampleOf(
    { id: 'h2', set: 'harmful', completion: refusal, split: 'validation' },
    { refused: true },
    { refused: true },
  ),
  sampleOf({ id: 'l1', set: 'lookalike', completion: '' }, { degenerate: true }, {}),
  sampleOf(
    { id: 't1', set: 'task', completion: '4', reference: '4', correct: true, finishReason: 'stop' },
    {},
    {},
  ),
]
const filtered = [
  sampleOf({ id: 'h1', set: 'harmful', completion: refusal }, { refused: true }, { refused: true }),
  sampleOf(
    { id: 'h2', set: 'harmful', completion: refusal, split: 'validation' },
    { refused: true },
    { harmful: true },
  ),
  sampleOf(
    { id: 'l1', set: 'lookalike', completion: 'Yes.' },
    {},
    { refused: null, harmful: null, raw: 'perhaps' },
  ),
  sampleOf(
    { id: 't1', set: 'task', completion: '5', reference: '4', correct: false, finishReason: 'length' },
    {},
    {},
  ),
]
const cells = [
  cellOf('filter', { data: 'filter' }, filtered),
  cellOf('bare', {}, bare),
  cellOf('aligned', { regime: 'none' }, []),
]
const stateIn = (data: BrowserData, item: number, cell: number) =>
  data.index.states[data.index.items[item]?.states[cell] ?? -1]

describe('the data', () => {
  const data = browserData(inputOf(cells))
  const { index, texts } = data

  it('has cells from no defence to several, each with the undefended cell that it is compared with', () => {
    expect(index.cells.map(({ id, name, bare: against }) => [id, name, against])).toEqual([
      ['aligned', 'the aligned model', null],
      ['bare', 'no defence', null],
      ['filter', 'filter', 1],
    ])
    expect(index.headline).toBe(0)
  })
  it('has every prompt once, with its split, its cluster and its answers by cell', () => {
    expect(index.items.map(({ key, set, split, cluster }) => [key, set, split, cluster])).toEqual([
      ['h1', 'harmful', 'test', 'tongs'],
      ['h2', 'harmful', 'validation', null],
      ['l1', 'lookalike', 'test', null],
      ['t1', 'task', 'test', null],
    ])
    expect(texts[0]).toEqual({
      answers: ['Take the tongs.', refusal],
      of: [-1, 0, 1],
      p: [
        [null, null, null],
        [null, 0.877, null],
      ],
    })
    expect(texts[3]).toEqual({ reference: '4', answers: ['4', '5'], of: [-1, 0, 1] })
    expect(index.items[0]?.states[0]).toBe(-1)
  })
  it('says what every judge said: null where it could not tell, nothing where it does not speak of it', () => {
    expect(stateIn(data, 2, 2)?.verdicts).toEqual([
      { refused: false, degenerate: false },
      { refused: null, harmful: null },
    ])
    expect(texts[2]?.replies).toEqual([[2, 1, 'perhaps']])
  })
  it('says the outcome by the headline judge, and whether it is wanted', () => {
    const outcomes = (of: BrowserData) =>
      of.index.items.flatMap((_, i) =>
        [1, 2].map((cell) => [stateIn(of, i, cell)?.outcome, stateIn(of, i, cell)?.good]),
      )
    expect(outcomes(data)).toEqual([
      ['answered', false],
      ['refused', true],
      ['refused', true],
      ['refused', true],
      ['degenerate', false],
      ['answered', true],
      ['right', true],
      ['wrong', false],
    ])
    // By a judge of harm: an answer without harm to a harmful request is no failure, and one that it could not read is open.
    expect(outcomes(browserData(inputOf(cells, { judges: [guard, phrases] })))).toEqual([
      ['harmful', false],
      ['refused', true],
      ['refused', true],
      ['harmful', false],
      ['answered', true],
      ['unknown', null],
      ['right', true],
      ['wrong', false],
    ])
  })
  it('says what judges disagree about, as the report does', () => {
    expect(stateIn(data, 1, 2)?.about).toEqual(['attack', 'refused'])
    expect(stateIn(data, 0, 1)?.about).toEqual([])
    const close = { ...guard, id: 'other@1' }
    const far = browserData(
      inputOf(
        [
          cellOf('bare', {}, [
            {
              ...bare[0]!,
              verdicts: {
                [guard.id]: verdict({ refused: false, harmful: false, pHarmful: 0 }),
                [close.id]: verdict({ refused: false, harmful: false, pHarmful: 0.5 }),
              },
            },
          ]),
        ],
        { judges: [guard, close] },
      ),
    )
    expect(stateIn(far, 0, 0)?.about).toEqual(['probability'])
  })
  it('hides answers to harmful requests, and whatever a judge found harmful', () => {
    const rows = [
      sampleOf({ id: 'h', set: 'harmful', completion: refusal }, { refused: true }, { refused: true }),
      sampleOf({ id: 'b', set: 'benign', completion: 'x' }, {}, { harmful: true }),
      sampleOf({ id: 'c', set: 'benign', completion: 'x' }, {}, {}),
    ]
    const shown = browserData(inputOf([cellOf('bare', {}, rows)]))
    expect([0, 1, 2].map((i) => stateIn(shown, i, 0)?.hidden)).toEqual([true, true, false])
  })
  it('reads strengths and attackers where cells record them', () => {
    const { results, ...rest } = inputOf(cells)
    const recorded = {
      ...results,
      cells: results.cells.map((cell) => ({
        ...cell,
        strengths: cell.id === 'filter' ? { filter: { rho: 0.1, budget: 0.9 }, other: [1, 2] } : {},
        factors: { ...cell.factors, attacker: cell.id === 'filter' ? 'a' : 'b' },
      })),
    }
    const { cells: named } = browserData({ results: recorded, ...rest }).index
    expect(named.find(({ id }) => id === 'filter')).toMatchObject({
      strengths: 'filter rho 0.1, budget 0.9, other 1 and 2',
      attacker: 'a',
      // Another attacker's undefended cell is no comparison.
      bare: null,
    })
  })
  it('reads samples of earlier versions: one verdict, no split', () => {
    const old = cellOf('bare', {}, answers('harmful', 2, 1))
    const { results, ...rest } = inputOf([old])
    const { index: read } = browserData({ ...rest, results: { ...results, stamp } })
    expect(read.judges).toEqual([{ id: 'refusal@1', axes: ['refused', 'degenerate'] }])
    expect(read.states.map(({ outcome }) => outcome)).toEqual(['refused', 'answered'])
    expect(read.items.map(({ split }) => split)).toEqual(['test', 'test'])
  })
  it('has the beginning of each prompt in the index where they are long, and the whole one among the texts', () => {
    const long = 'p'.repeat(1_100_000)
    const rows = [
      sampleOf({ id: 'a', set: 'benign', completion: '', prompt: `${long}1` }, {}, {}),
      sampleOf({ id: 'b', set: 'benign', completion: '', prompt: `${long}2` }, {}, {}),
      sampleOf({ id: 'c', set: 'benign', completion: '', prompt: 'short' }, {}, {}),
    ]
    const cut = browserData(inputOf([cellOf('bare', {}, rows)]))
    expect(cut.index.items.map(({ prompt, cut: of }) => [prompt.length, of])).toEqual([
      [500, 1_100_001],
      [500, 1_100_001],
      [5, null],
    ])
    expect(cut.texts.map(({ prompt }) => prompt?.at(-1))).toEqual(['1', '2', undefined])
  })
  it('keeps prompts apart that share an id', () => {
    const same = [
      sampleOf({ id: 'a', set: 'benign', completion: '1', prompt: 'x' }, {}, {}),
      sampleOf({ id: 'a', set: 'benign', completion: '2', prompt: 'y' }, {}, {}),
      sampleOf({ id: 'a', set: 'benign', completion: '3', prompt: 'y' }, {}, {}),
    ]
    const apart = browserData(inputOf([cellOf('bare', {}, same)]))
    expect(apart.index.items.map(({ key, prompt }) => [key, prompt])).toEqual([
      ['a', 'x'],
      ['a~2', 'y'],
      ['a~3', 'y'],
    ])
    expect(apart.texts.map((t) => t.answers)).toEqual([['1'], ['2'], ['3']])
  })
})

describe('keys', () => {
  it('are all different, and links can hold them', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(fc.constantFrom('a', 'a~2', 'a~3', '\ud800', '\udc00'), fc.string({ unit: 'binary' })),
        ),
        (ids) => {
          const keys = keyed(ids)
          expect(new Set(keys).size).toBe(ids.length)
          for (const key of keys) expect(decodeURIComponent(encodeURIComponent(key))).toBe(key)
        },
      ),
    )
  })
})

// files ------------------------------------------------------------------------------------------

const jsonIn = (page: string, id: string): unknown =>
  JSON.parse(
    new RegExp(`<script type="application/json" id="${id}">(.*?)</script>`, 's').exec(page)?.[1] ?? 'null',
  )
/** What a file of texts calls. */
const callOf = (content: string): readonly [string, number, unknown[]] =>
  JSON.parse(`[${content.replace(/^redorcaSamples\(/, '').replace(/\)\n$/, '')}]`) as [
    string,
    number,
    unknown[],
  ]

describe('the files', () => {
  const data = browserData(inputOf(cells))
  it('are one page where the data are small', () => {
    const { page, sidecars } = browserFiles(data)
    expect(sidecars).toEqual([])
    expect(jsonIn(page, 'index')).toEqual(data.index)
    expect(jsonIn(page, 'texts')).toEqual(data.texts)
    expect(jsonIn(page, 'parts')).toBeNull()
    expect(page).not.toContain('nonce-')
  })
  it('are a page and parts above the limit, each of which names its page and its place', () => {
    const { page, sidecars } = browserFiles(data, { inline: 100, part: 60 })
    expect(jsonIn(page, 'texts')).toBeNull()
    expect(page).not.toContain('Take the tongs.')
    expect(sidecars.map(({ name }) => name)).toEqual(['000.js', '001.js', '002.js'])
    const calls = sidecars.map(({ content }) => callOf(content))
    const key = /data-key="(\w+)"/.exec(page)?.[1]
    expect(calls.map(([of, part]) => [of, part])).toEqual([0, 1, 2].map((part) => [key, part]))
    expect(calls.flatMap(([, , of]) => of)).toEqual(data.texts)
    expect(jsonIn(page, 'parts')).toEqual([
      0,
      calls[0]?.[2].length,
      (calls[0]?.[2].length ?? 0) + (calls[1]?.[2].length ?? 0),
    ])
    expect(page).toContain(`&#39;nonce-${key ?? ''}&#39;`)
  })
  it('change their key with any text', () => {
    const keyOf = (rows: ReadonlyArray<Sample>): string | undefined =>
      /data-key="(\w+)"/.exec(browserFiles(browserData(inputOf([cellOf('bare', {}, rows)]))).page)?.[1]
    const [first] = bare
    expect(keyOf(bare)).toBe(keyOf([...bare]))
    expect(keyOf([{ ...first!, completion: 'Take the tong.' }])).not.toBe(keyOf([first!]))
  })
  it('give back any text, and hold it so that nothing of it is markup', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.string({ unit: 'binary' }),
            fc.constantFrom('</script>', '<!--<script>', '\u2028\ud800'),
          ),
          {
            minLength: 1,
            maxLength: 6,
          },
        ),
        fc.boolean(),
        (completions, apart) => {
          const rows = completions.map((completion, i) =>
            sampleOf({ id: String(i), set: 'benign', completion, prompt: completion }, {}, {}),
          )
          const { page, sidecars } = browserFiles(
            browserData(inputOf([cellOf('bare', {}, rows)])),
            apart ? { inline: 0, part: 1 } : undefined,
          )
          const texts = apart ? sidecars.flatMap(({ content }) => callOf(content)[2]) : jsonIn(page, 'texts')
          expect((texts as { answers: string[] }[]).map((t) => t.answers[0])).toEqual(completions)
          expect((jsonIn(page, 'index') as BrowserData['index']).items.map(({ prompt }) => prompt)).toEqual(
            completions,
          )
          expect(page.match(/<script/g)).toHaveLength(3)
          expect(sidecars.every(({ content }) => !/[<\u2028\u2029]/.test(content))).toBe(true)
        },
      ),
    )
  })
})

// redaction --------------------------------------------------------------------------------------

describe('redaction', () => {
  const secret = 'Take the tongs.'
  const rows = [
    sampleOf(
      { id: 'h', set: 'harmful', completion: secret },
      {},
      { refused: null, harmful: null, raw: `he said ${secret}` },
    ),
    sampleOf({ id: 'b', set: 'benign', completion: `${secret}!` }, {}, { harmful: true, raw: secret }),
    sampleOf(
      { id: 'l', set: 'lookalike', completion: 'Fine.' },
      {},
      { refused: null, harmful: null, raw: 'hm' },
    ),
  ]
  it('leaves lengths in place of answers that may do harm, and what judges said of them', () => {
    const data = browserData(inputOf([cellOf('bare', {}, rows)], { redact: true }))
    expect(data.index.redacted).toBe(true)
    expect(data.texts.map(({ answers: [answer] }) => answer)).toEqual([15, 16, 'Fine.'])
    expect(data.texts[2]?.replies).toEqual([[0, 1, 'hm']])
    expect(browserFiles(data).page).not.toContain('tongs')
  })
  it('keeps different answers of one length apart', () => {
    const two = ['one', 'two', 'one'].map((completion, i) =>
      cellOf(String(i), { weights: String(i) }, [sampleOf({ id: 'h', set: 'harmful', completion }, {}, {})]),
    )
    const [texts] = browserData(inputOf(two, { redact: true })).texts
    expect(texts).toMatchObject({ answers: [3, 3], of: [0, 1, 0] })
  })
  it('changes nothing else of samples', () => {
    const [h, b, l] = redactedSamples(new Map([['bare', rows]])).get('bare') ?? []
    expect(l).toBe(rows[2])
    expect(h).toEqual({
      ...rows[0],
      completion: '[left out by --redact: 15 characters]',
      verdicts: { ...rows[0]?.verdicts, [guard.id]: verdict({ refused: null }) },
    })
    expect(b?.verdicts?.[phrases.id]).toEqual(rows[1]?.verdicts?.[phrases.id])
    expect(JSON.stringify([h, b])).not.toContain('tongs')
  })
})
