import * as E from 'fp-ts/Either'
import { configDocument, isArena } from '../src/config/config'
import { decodeConfig } from '../src/config/configCodec'
import { choiceName, isControl } from '../src/config/methods'

const own = { use: './guard.cjs', name: 'guard' }
const decoded = (stages: unknown, more: Readonly<Record<string, unknown>> = {}) =>
  decodeConfig({ stages, ...more }, 'test')
const names = (stages: unknown): unknown => {
  const config = decoded(stages)
  return E.isRight(config) ? config.right.stages.data.map(choiceName) : config.left.message
}

describe('the methods of a stage', () => {
  it.each([
    [['none'], []],
    [[], []],
    [['forgetfilter'], ['forgetfilter']],
    [[own, 'none'], ['guard']],
    [
      [own, ['guard', 'forgetfilter']],
      ['guard', 'guard+forgetfilter'],
    ],
    [[[own, 'forgetfilter']], ['guard+forgetfilter']],
    [[[{ ...own, label: 'first' }, own]], ['first+guard']],
  ])('reads %j', (data, expected) => expect(names({ data })).toEqual(expected))

  it.each([
    [
      ['forgetfiltre'],
      'names forgetfiltre, which is not a method of this stage; use forgetfilter, random rows',
    ],
    [[[]], 'an empty list of methods'],
    [[{ use: './guard.cjs' }], 'name is missing'],
    [[{ ...own, option: {} }], 'option is not known'],
  ])('refuses %j', (data, message) => expect(names({ data })).toContain(message))

  it('makes a choice a control where one of its methods is one', () => {
    const config = decoded({ data: [[{ ...own, control: true }, 'forgetfilter']] })
    expect(E.isRight(config) && config.right.stages.data.map(isControl)).toEqual([true])
  })

  it('writes what it reads', () => {
    const config = decoded(
      { data: [own, [own, 'forgetfilter']] },
      { combinations: [{ data: ['guard', 'forgetfilter'] }, { weights: 'none' }] },
    )
    if (E.isLeft(config)) throw new Error(config.left.message)
    expect(config.right.combinations).toEqual([{ data: 'guard+forgetfilter' }, {}])
    const again = decodeConfig(configDocument(config.right), 'test')
    expect(E.isRight(again) && configDocument(again.right)).toEqual(configDocument(config.right))
  })
})

describe('the models of a suite', () => {
  const suite = (more: Readonly<Record<string, unknown>>) => {
    const config = decodeConfig(
      {
        suite: {
          models: { aligned: 'a' },
          training: { regimes: { mine: 'm' } },
          evaluation: { harmful: 'h' },
          ...more,
        },
      },
      'test',
    )
    if (E.isLeft(config) || isArena(config.right.suite)) throw new Error('no suite')
    return config.right.suite
  }
  it('may be the aligned one alone', () => {
    expect(suite({}).models).toEqual({ aligned: 'a' })
  })
  it('have a template each', () => {
    expect(suite({}).templates).toEqual({ base: 'auto', aligned: 'auto', anchor: 'auto' })
    expect(suite({ template: 'qa', 'anchor-template': 'chat' }).templates).toEqual({
      base: 'qa',
      aligned: 'qa',
      anchor: 'chat',
    })
    expect(suite({ template: 'chat', templates: { base: 'qa' } }).templates).toEqual({
      base: 'qa',
      aligned: 'chat',
      anchor: 'chat',
    })
  })
})
