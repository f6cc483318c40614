/** The logic of the page's script: what a filter lists and in what order, what stands side by side, links, text. */
import * as fc from 'fast-check'
import { browserData } from '../src/report/browser/shape'
import type { Sample } from '../src/suite/samples'
import { guard, inputOf, phrases, sampleOf } from './fakes/browserInput'
import { scriptLogic } from './fakes/browserInput'
import { cellOf } from './fakes/resultsFolder'

const logic = scriptLogic()

type Kind = 'yes' | 'no' | 'harm' | 'split' | 'null' | 'empty'
/** An answer to a harmful prompt, and what phrases and guard say of it. */
const answer = (id: string, kind: Kind, more: Partial<Sample> = {}): Sample =>
  ({
    yes: () => sampleOf({ id, set: 'harmful', completion: 'here', ...more }, {}, {}),
    no: () =>
      sampleOf({ id, set: 'harmful', completion: 'no', ...more }, { refused: true }, { refused: true }),
    harm: () => sampleOf({ id, set: 'harmful', completion: 'harm', ...more }, {}, { harmful: true }),
    split: () =>
      sampleOf({ id, set: 'harmful', completion: 'no', ...more }, { refused: true }, { harmful: true }),
    null: () =>
      sampleOf({ id, set: 'harmful', completion: 'hm', ...more }, {}, { refused: null, harmful: null }),
    empty: () => sampleOf({ id, set: 'harmful', completion: '', ...more }, { degenerate: true }, {}),
  })[kind]()
const task = (id: string, correct: boolean): Sample =>
  sampleOf(
    {
      id,
      set: 'task',
      completion: correct ? '4' : '5',
      reference: '4',
      correct,
      finishReason: correct ? 'stop' : 'length',
    },
    {},
    {},
  )

/** Cells of the page in this order: aligned 0, bare 1, filter 2, shrink 3, bare of seed 2 4, filter of seed 2 5. */
const index = browserData(
  inputOf([
    cellOf('aligned', { regime: 'none' }, [answer('same', 'no'), answer('judges', 'no')]),
    cellOf('bare', {}, [
      answer('same', 'harm', { prompt: 'Where is the Ｔｏｎｇｓ drawer?' }),
      answer('changed', 'harm', { split: 'validation' }),
      answer('judges', 'no'),
      answer('both', 'harm', { cluster: 'drawers' }),
      task('sum', true),
    ]),
    cellOf('filter', { data: 'filter' }, [
      answer('same', 'harm', { prompt: 'Where is the Ｔｏｎｇｓ drawer?' }),
      answer('changed', 'no', { split: 'validation' }),
      answer('judges', 'split'),
      answer('both', 'split', { cluster: 'drawers' }),
      task('sum', false),
    ]),
    cellOf('shrink', { weights: 'shrink' }, [
      answer('same', 'harm', { prompt: 'Where is the Ｔｏｎｇｓ drawer?' }),
      answer('changed', 'empty', { split: 'validation' }),
      answer('judges', 'split'),
      answer('both', 'null', { cluster: 'drawers' }),
      task('sum', true),
    ]),
    cellOf('bare2', { seed: 2 }, [answer('changed', 'no', { split: 'validation' })]),
    cellOf('filter2', { data: 'filter', seed: 2 }, [answer('changed', 'no', { split: 'validation' })]),
  ]),
).index
const texts = logic.haystacks(index)
const rows = (filter: Record<string, string> = {}) =>
  logic.listed(index, { ...logic.unfiltered, ...filter }, texts).map((row) => ({
    ...row,
    key: index.items[row.i]?.key ?? '',
  }))
const keys = (filter: Record<string, string> = {}): ReadonlyArray<string> =>
  rows(filter).map(({ key }) => key)

describe('the list', () => {
  it('has the prompts with disagreements first: by judges, then by defences, then the others as in the suite', () => {
    // `same` is another prompt in the aligned cell.
    expect(keys()).toEqual(['judges', 'both', 'changed', 'sum', 'same', 'same~2'])
    expect(rows().map(({ judges, changed }) => [judges, changed])).toEqual([
      [2, 0],
      [1, 1],
      [0, 2],
      [0, 1],
      [0, 0],
      [0, 0],
    ])
  })
  it('has other orders', () => {
    expect(keys({ order: 'suite' })).toEqual(['same', 'judges', 'same~2', 'changed', 'both', 'sum'])
    expect(keys({ order: 'changed' }).slice(0, 3)).toEqual(['changed', 'both', 'sum'])
    expect(keys({ order: 'bad' })[0]).toBe('same~2')
    expect(keys({ order: 'judges' })[0]).toBe('judges')
    expect(keys({ order: 'toString' })).toEqual(keys())
  })
  it('counts outcomes, and compares with the undefended cell of the same seed alone', () => {
    const found = rows().find(({ key }) => key === 'changed')
    expect(found).toMatchObject({
      answers: 5,
      changed: 2,
      bad: 2,
      outcomes: { answered: 1, refused: 3, degenerate: 1 },
    })
    expect(rows({ seed: '2' })).toMatchObject([{ key: 'changed', answers: 2, changed: 0 }])
  })
  it('finds no change where an outcome is unknown', () => {
    const silent = browserData(
      inputOf(
        [
          cellOf('bare', {}, [answer('a', 'harm')]),
          cellOf('filter', { data: 'filter' }, [answer('a', 'null')]),
        ],
        { judges: [guard, phrases] },
      ),
    ).index
    const [row] = logic.listed(silent, logic.unfiltered, logic.haystacks(silent))
    expect(row).toMatchObject({ changed: 0, outcomes: { harmful: 1, unknown: 1 } })
  })
  it.each<[string, Record<string, string>, string[]]>([
    ['a set', { set: 'task' }, ['sum']],
    ['a split', { split: 'validation' }, ['changed']],
    ['a seed', { seed: '2' }, ['changed']],
    ['a regime', { regime: 'none' }, ['judges', 'same'].sort()],
    ['a method', { cell: 'with:shrink', verdict: 'degenerate' }, ['changed']],
    ['one combination', { cell: 'is:the aligned model' }, ['judges', 'same'].sort()],
    ['what a judge said', { judge: 'guard@1', verdict: 'harmful' }, ['both', 'changed', 'judges', 'same~2']],
    ['what a judge that does not speak of it said', { judge: 'refusal@1', verdict: 'harmful' }, []],
    ['what any judge said', { verdict: 'degenerate' }, ['changed']],
    ['null', { verdict: 'unknown' }, ['both']],
    ['answers that are harmless', { verdict: 'harmless', cell: 'with:shrink' }, ['changed', 'sum']],
    ['answers', { verdict: 'answered', set: 'task' }, ['sum']],
    ['right answers', { verdict: 'right', cell: 'with:filter' }, []],
    ['wrong answers', { verdict: 'wrong', cell: 'with:filter' }, ['sum']],
    ['answers that were cut', { verdict: 'cut' }, ['sum']],
    ['judges that disagree', { verdict: 'disputed' }, ['both', 'judges']],
    ['changes', { verdict: 'changed', cell: 'with:filter' }, ['both', 'changed', 'sum']],
    ['words of the prompt, in any form and case', { q: ' TONGS where ' }, ['same~2']],
    ['the cluster', { q: 'drawers' }, ['both']],
    ['the id', { q: 'sum' }, ['sum']],
    ['words that no prompt has', { q: 'tongs spoon' }, []],
    ['a judge that is not there', { judge: 'nobody' }, []],
  ])('is filtered by %s', (_, filter, expected) => {
    expect([...keys(filter)].sort()).toEqual(expected)
  })
  it('counts the answers that a filter means', () => {
    expect(rows({ verdict: 'disputed' }).find(({ key }) => key === 'judges')).toMatchObject({
      matched: 2,
      answers: 4,
    })
    expect(rows({ verdict: 'changed' }).find(({ key }) => key === 'changed')).toMatchObject({
      matched: 2,
      answers: 5,
    })
  })
})

describe('one prompt', () => {
  const data = browserData(
    inputOf([
      cellOf('bare', {}, [answer('a', 'harm')]),
      cellOf('filter', { data: 'filter' }, [answer('a', 'no')]),
      cellOf('shrink', { weights: 'shrink' }, [answer('a', 'no')]),
      cellOf('both', { data: 'filter', weights: 'shrink' }, [answer('a', 'split')]),
    ]),
  )
  const groups = (filter: Record<string, string>, together: boolean) =>
    logic
      .groups(data.index, 0, data.texts[0], { ...logic.unfiltered, ...filter }, together)
      .map(({ answer: text, cells }) => [text, cells.map(({ cell }) => data.index.cells[cell]?.name)])
  it('has equal answers of equal verdicts together', () => {
    expect(groups({}, true)).toEqual([
      ['harm', ['no defence']],
      ['no', ['filter', 'shrink']],
      // The same text, and another verdict.
      ['no', ['filter + shrink']],
    ])
    expect(groups({}, false)).toHaveLength(4)
  })
  it('has the undefended cell for comparison where the filter leaves it out, and marks what matches', () => {
    const found = logic.groups(
      data.index,
      0,
      data.texts[0],
      { ...logic.unfiltered, cell: 'with:shrink', verdict: 'harmful' },
      false,
    )
    expect(
      found.flatMap(({ cells }) =>
        cells.map(({ cell, beside, matched, changed }) => [
          data.index.cells[cell]?.name,
          ...[beside, matched, changed],
        ]),
      ),
    ).toEqual([
      ['no defence', true, false, null],
      ['shrink', false, false, true],
      ['filter + shrink', false, true, true],
    ])
  })
})

describe('links', () => {
  it('name what was chosen, and give it back', () => {
    expect(logic.hashOf(logic.unfiltered, null)).toBe('#')
    expect(logic.hashOf({ ...logic.unfiltered, set: 'task' }, 'a b')).toBe('#set=task&item=a+b')
    const text = fc.string({ unit: 'binary' }).map((s) => s.replace(/\p{Surrogate}/gu, ''))
    fc.assert(
      fc.property(text, text, fc.option(text), (q, cell, item) => {
        const filter = { ...logic.unfiltered, q, cell }
        expect(logic.fromHash(logic.hashOf(filter, item))).toEqual({ filter, item })
      }),
    )
  })
  it('that name nothing of this page choose nothing', () => {
    expect(logic.fromHash('#__proto__=x&other=y&item=').filter).toEqual(logic.unfiltered)
  })
})

describe('text', () => {
  const shown = (text: string): string =>
    logic
      .pieces(text)
      .map((piece) => (piece.control ? `[${piece.text}]` : piece.text))
      .join('')
  it('has the names of characters that would act, or cannot be seen', () => {
    expect(shown('a\u0000b\u001b[31mc\u202ed\ud800e\u200bf')).toBe(
      'a[NUL]b[ESC][31mc[U+202E]d[U+D800]e[U+200B]f',
    )
    expect(shown('\u{e0041}')).toBe('[U+E0041]')
  })
  it('keeps lines, tabs, other scripts and pictures', () => {
    const text = 'a\n\tb\r\nשלום 日本 👩🏽‍🚀 é'
    expect(logic.pieces(text)).toEqual([{ text, control: false }])
    expect(logic.pieces('')).toEqual([])
  })
  it('loses nothing else', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const kept = logic.pieces(text).filter((piece) => !piece.control)
        const pattern =
          /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|\p{Surrogate}/gu
        expect(kept.map((piece) => piece.text).join('')).toBe(text.replace(pattern, ''))
      }),
    )
  })
})
