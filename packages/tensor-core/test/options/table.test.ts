import * as E from 'fp-ts/Either'
import { decodeAs } from '../../src/files'
import {
  codecOf,
  choice,
  completed,
  count,
  decodeConfigured,
  decodeOptions,
  defaultsOf,
  documentOf,
  insteadOf,
  parametersOf,
  positive,
  share,
  switchedOn,
  valuesIn,
  wholeFromZero,
  withDefault,
  withDefaults,
  atLeastZero,
} from '../../src/options'

const table = {
  energy: withDefault(0.95, share('share kept'), 'a paper, section 3'),
  rank: insteadOf('energy', count('directions kept')),
  mode: withDefault('soft', choice('a mode', ['hard', 'soft'])),
  warmupSteps: withDefault(10, wholeFromZero('steps')),
  shuffle: switchedOn('rows in file order'),
}

const left = <A>(e: E.Either<{ readonly field?: string; readonly message: string }, A>) =>
  E.isLeft(e) ? [e.left.field, e.left.message] : ['none', '']

describe('a table of options', () => {
  it('has defaults, and decodes strings from a shell and values from YAML in the same way', () => {
    const defaults = { energy: 0.95, rank: undefined, mode: 'soft', warmupSteps: 10, shuffle: true }
    expect(defaultsOf(table)).toEqual(defaults)
    expect(decodeOptions(table, {})).toEqual(E.right(defaults))
    expect(decodeOptions(table, { rank: '4', other: 1 })).toEqual(E.right({ ...defaults, rank: 4 }))
    expect(decodeConfigured(table, 'm')({ 'warmup-steps': 3, mode: 'hard' })).toEqual(
      E.right({ ...defaults, warmupSteps: 3, mode: 'hard' }),
    )
  })

  it.each([
    [{ energy: 0 }, 'energy', 'must be a number, above 0, at most 1, but is 0'],
    [{ rank: 1.5 }, 'rank', 'must be a whole number, at least 1, but is 1.5'],
    [{ mode: 'loud' }, 'mode', 'must be one of hard, soft, but is "loud"'],
    [{ rank: 2, energy: 0.5 }, 'rank', 'give either `energy` or `rank`'],
  ])('refuses %j by field', (given, field, message) => {
    expect(left(decodeOptions(table, given))).toEqual([field, message])
    expect(left(decodeConfigured(table, 'm')(given))).toEqual([field, message])
  })

  it('refuses an unknown key of a configuration', () => {
    expect(left(decodeConfigured(table, 'm')({ gamma: 1 }))).toEqual([
      'gamma',
      'is not an option; use energy, rank, mode, warmup-steps, shuffle',
    ])
    const read = decodeAs('BadConfig')(codecOf(table), 'c.yaml')
    expect(left(read({ gamma: 1 }))[1]).toContain('field gamma is not an option; use energy')
    expect(left(read({ energy: 2 }))[1]).toContain('field energy must be a number, above 0, at most 1')
  })

  it('reads back what it wrote, a replaced option included', () => {
    const codec = codecOf(table)
    const values = { ...defaultsOf(table), rank: 4 }
    expect(codec.encode(values)).toEqual({ rank: 4, mode: 'soft', 'warmup-steps': 10, shuffle: true })
    expect(codec.decode(codec.encode(values))).toEqual(E.right(values))
  })

  it('gives the values that have an effect', () => {
    expect(parametersOf(table, defaultsOf(table))).toEqual({
      energy: 0.95,
      mode: 'soft',
      warmupSteps: 10,
      shuffle: true,
    })
    expect(parametersOf(table, { ...defaultsOf(table), rank: 4 })).toEqual({
      rank: 4,
      mode: 'soft',
      warmupSteps: 10,
      shuffle: true,
    })
  })

  it('completes some of its values, and selects its own from a larger set', () => {
    expect(completed(table, { mode: 'hard' })).toEqual({ ...defaultsOf(table), mode: 'hard' })
    const wide = { ...defaultsOf(table), out: 'file' }
    expect(valuesIn(table, wide)).toEqual(defaultsOf(table))
  })

  it('can have other defaults, with their source', () => {
    const control = withDefaults(table, { mode: 'hard', warmupSteps: 0 }, 'a control')
    expect(defaultsOf(control)).toEqual({ ...defaultsOf(table), mode: 'hard', warmupSteps: 0 })
    expect(control.mode).toMatchObject({ shownDefault: 'hard', source: 'a control' })
    expect(control.energy).toBe(table.energy)
    expect(left(decodeOptions(control, { mode: 'loud' }))[0]).toBe('mode')
  })

  it('is a document with keys in kebab-case', () => {
    expect(documentOf({ warmupSteps: 1, rank: undefined })).toEqual({ 'warmup-steps': 1 })
  })
})

describe('parsers', () => {
  it.each([
    [count('n'), 1, 0],
    [wholeFromZero('n'), 0, -1],
    [positive('x'), 0.1, 0],
    [atLeastZero('x'), 0, -0.1],
    [share('x'), 1, 0],
  ])('accept only their range', (parser, good, bad) => {
    expect(parser.decode(good)).toEqual(E.right(good))
    expect(E.isLeft(parser.decode(bad))).toBe(true)
  })
})
