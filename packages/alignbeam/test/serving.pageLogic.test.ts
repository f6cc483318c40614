/** The logic of the page's script: requests, events, answers, who chose which part of a text, and text that does nothing. */
import { createContext, runInContext } from 'node:vm'
import * as fc from 'fast-check'
import { logicScript } from '../src/serving/page/logicScript'

interface Part {
  readonly text: string
  readonly by: ReadonlyArray<string>
}
interface Token {
  readonly text: string
  readonly by: string
}
interface Events {
  readonly state: { readonly rest: string; readonly data: ReadonlyArray<string> }
  readonly events: ReadonlyArray<string>
}
interface Answer {
  readonly text: string
  readonly tokens: ReadonlyArray<Token>
  readonly finish: string | null
  readonly usage: unknown
  readonly account: unknown
  readonly error: string | null
  readonly isComplete: boolean
}
interface Logic {
  readonly bodyOf: (name: string, voice: string, settings: unknown) => Readonly<Record<string, unknown>>
  readonly numberIn: (text: string) => number | null
  readonly noEvents: Events['state']
  readonly eventsIn: (state: Events['state'], text: string) => Events
  readonly noAnswer: Answer
  readonly afterEvent: (answer: Answer, event: string) => Answer
  readonly afterEnd: (answer: Answer) => Answer
  readonly problemIn: (status: number, body: string) => string
  readonly partsOf: (text: string, tokens: ReadonlyArray<Token>) => ReadonlyArray<Part>
  readonly shownParts: (text: string, tokens: ReadonlyArray<Token>) => ReadonlyArray<Token>
  readonly countOf: (tokens: ReadonlyArray<Token>) => Readonly<Record<string, number>>
  readonly pieces: (text: string) => ReadonlyArray<{ readonly text: string; readonly control: boolean }>
}
/** As it stands in the page; its results are copied into this realm, so that they compare as equal. */
const logic = (() => {
  const inside = runInContext(`${logicScript};logic`, createContext({})) as Record<
    string,
    string | ((...given: ReadonlyArray<unknown>) => unknown)
  >
  return Object.fromEntries(
    Object.entries(inside).map(([name, value]) => [
      name,
      typeof value === 'function'
        ? (...given: ReadonlyArray<unknown>): unknown => {
            const result: unknown = value(...given)
            return typeof result === 'object' ? JSON.parse(JSON.stringify(result)) : result
          }
        : JSON.parse(JSON.stringify(value)),
    ]),
  ) as unknown as Logic
})()

describe('requests', () => {
  const settings = {
    system: ' ',
    prompt: 'hi',
    maxTokens: 8,
    temperature: 0,
    seed: null,
    alpha: 0.25,
    beams: 2,
    bridgeTokens: 4,
    judge: null,
  }
  it('ask each voice by its id; settings of the mixture go to it alone, empty fields to none', () => {
    const common = {
      messages: [{ role: 'user', content: 'hi' }],
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 8,
      temperature: 0,
    }
    expect(logic.bodyOf('m', 'draft', settings)).toEqual({ model: 'm/draft', ...common })
    expect(logic.bodyOf('m', 'mixed', settings)).toEqual({
      model: 'm',
      ...common,
      alpha: 0.25,
      beams: 2,
      bridge_tokens: 4,
      alignbeam: true,
    })
    expect(
      logic.bodyOf('m', 'mixed', { ...settings, system: 'be kind', seed: 0, judge: false }),
    ).toMatchObject({
      messages: [
        { role: 'system', content: 'be kind' },
        { role: 'user', content: 'hi' },
      ],
      seed: 0,
      judge: false,
    })
  })
  it('read numbers, and nothing as nothing', () => {
    expect(['0', ' 1.5 ', '', ' ', 'x'].map(logic.numberIn)).toEqual([0, 1.5, null, null, null])
  })
})

const eventsOf = (parts: ReadonlyArray<string>): ReadonlyArray<string> =>
  parts.reduce<{ readonly state: Events['state']; readonly events: ReadonlyArray<string> }>(
    (sum, part) => {
      const { state, events } = logic.eventsIn(sum.state, part)
      return { state, events: [...sum.events, ...events] }
    },
    { state: logic.noEvents, events: [] },
  ).events

describe('events', () => {
  it('are read with every kind of line end, comments and other fields left out, lines of one event joined', () => {
    expect(
      eventsOf(['data: a\n\n: note\nevent: x\ndata:b\r\ndata: c\r\n\r\ndata: d\r\r', 'data: open\n']),
    ).toEqual(['a', 'b\nc', 'd'])
  })
  it('do not depend on where the stream is cut', () => {
    const line = fc.string({ unit: fc.constantFrom('a', ' ', '{', ':', '"', 'é', '😀') })
    const end = fc.constantFrom('\n', '\r\n')
    fc.assert(
      fc.property(fc.array(line), end, fc.array(fc.nat(200)), (datas, newline, cuts) => {
        const stream = datas.map((data) => `data: ${data}${newline}${newline}`).join('')
        const at = [0, ...cuts.map((c) => Math.min(c, stream.length)).sort((a, b) => a - b), stream.length]
        const parts = at.slice(1).map((to, i) => stream.slice(at[i], to))
        expect(eventsOf(parts)).toEqual(datas)
      }),
    )
  })
})

const answerOf = (events: ReadonlyArray<unknown>): Answer =>
  events.reduce<Answer>(
    (answer, event) => logic.afterEvent(answer, typeof event === 'string' ? event : JSON.stringify(event)),
    logic.noAnswer,
  )
const delta = (content: string, tokens: ReadonlyArray<Token>) => ({
  choices: [{ index: 0, delta: { content }, finish_reason: null, alignbeam: { tokens } }],
  usage: null,
})
const token = (text: string, by = 'draft'): Token => ({ text, by })
const account = {
  chosen: 0,
  beams: [{ completion: 'ab', verdict: null }],
  telemetry: { steps: 1, mappedMass: 1, support: 1, fallbacks: 0, agreement: 1 },
}

describe('answers', () => {
  it('grow event by event; the last one says how the answer came about', () => {
    const answer = answerOf([
      { choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] },
      delta('a', [token('a', 'anchor')]),
      delta('b', [token('b')]),
      {
        choices: [
          {
            index: 0,
            delta: {},
            finish_reason: 'length',
            alignbeam: { ...account, tokens: [token('a', 'anchor'), token('b')] },
          },
        ],
      },
      { choices: [], usage: { completion_tokens: 2 } },
      '[DONE]',
    ])
    expect(answer).toEqual({
      text: 'ab',
      tokens: [token('a', 'anchor'), token('b')],
      finish: 'length',
      usage: { completion_tokens: 2 },
      account,
      error: null,
      isComplete: true,
    })
    expect(logic.afterEnd(answer)).toEqual(answer)
  })
  it('say in one line what went wrong', () => {
    expect(answerOf([delta('a', []), { error: { message: 'the models\nstopped' } }])).toMatchObject({
      text: 'a',
      error: 'the models stopped',
    })
    expect(answerOf(['no json']).error).toMatch(/not JSON/)
    expect(logic.afterEnd(answerOf([delta('a', [])])).error).toBe(
      'the connection ended before the answer did',
    )
    expect(logic.problemIn(400, '{"error":{"message":"`alpha` must be less"}}')).toBe(
      '`alpha` must be less (400)',
    )
    expect(logic.problemIn(502, '<html>')).toBe('the server answered with status 502')
    expect(logic.problemIn(500, JSON.stringify({ error: { message: 'x'.repeat(9999) } }))).toHaveLength(406)
  })
  it('stand any event of another shape', () => {
    fc.assert(
      fc.property(fc.array(fc.json()), (events) => {
        expect(typeof answerOf(events).text).toBe('string')
      }),
    )
  })
})

describe('parts', () => {
  it('are tokens where these spell the text', () => {
    expect(logic.partsOf('I can', [token('I', 'both'), token(' can', 'anchor')])).toEqual([
      { text: 'I', by: ['both'] },
      { text: ' can', by: ['anchor'] },
    ])
  })
  it('are several tokens where these share a character', () => {
    const broken = [token('a', 'both'), token('�', 'anchor'), token('�', 'both'), token(' b')]
    expect(logic.partsOf('a😀 b', broken)).toEqual([
      { text: 'a', by: ['both'] },
      { text: '😀', by: ['anchor', 'both'] },
      { text: ' b', by: ['draft'] },
    ])
  })
  it('are cut where the text is, and have no chooser where no token is left', () => {
    expect(logic.partsOf('ab', [token('a'), token('bEND')])).toEqual([
      { text: 'a', by: ['draft'] },
      { text: 'b', by: ['draft'] },
    ])
    expect(logic.partsOf('abc', [token('a')])).toEqual([
      { text: 'a', by: ['draft'] },
      { text: 'bc', by: [] },
    ])
  })
  it('together are the text, whatever the tokens are', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', ' ', 'é', '😀', '�') })
    const by = fc.constantFrom('draft', 'both', 'anchor')
    fc.assert(
      fc.property(text, fc.array(fc.record({ text, by })), (whole, tokens) => {
        expect(
          logic
            .partsOf(whole, tokens)
            .map((p) => p.text)
            .join(''),
        ).toBe(whole)
        expect(
          logic
            .shownParts(whole, tokens)
            .map((p) => p.text)
            .join(''),
        ).toBe(whole)
      }),
    )
  })
  it('of the draft are shown as one where they are neighbours; a part that the anchor had a hand in is its', () => {
    const tokens = [
      token('a', 'both'),
      token('b', 'both'),
      token('c'),
      token('d'),
      token('�', 'anchor'),
      token('�'),
    ]
    expect(logic.shownParts('abcdé', tokens)).toEqual([
      token('a', 'both'),
      token('b', 'both'),
      token('cd', 'draft'),
      token('é', 'anchor'),
    ])
    expect(logic.countOf(tokens)).toEqual({ anchor: 1, both: 2, draft: 3 })
  })
})

describe('text', () => {
  it('names what would act on a screen', () => {
    expect(logic.pieces('a\u202eb\u0000\n')).toEqual([
      { text: 'a', control: false },
      { text: 'U+202E', control: true },
      { text: 'b', control: false },
      { text: 'NUL', control: true },
      { text: '\n', control: false },
    ])
  })
})
