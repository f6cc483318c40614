import * as E from 'fp-ts/Either'
import { configDocument, isArena } from '../src/config/config'
import { decodeConfig } from '../src/config/configCodec'
import type { FileSuite } from '../src/config/fileSuiteConfig'
import { localSuite } from '../src/work/localSuite'

const decoded = (suite: Readonly<Record<string, unknown>>) =>
  decodeConfig(
    { suite: { training: { regimes: { a: 'rows' } }, evaluation: { harmful: 'eval' }, ...suite } },
    'test',
  )
const suiteOf = (suite: Readonly<Record<string, unknown>>): FileSuite => {
  const config = decoded(suite)
  if (E.isLeft(config)) throw new Error(`${config.left.where ?? ''} ${config.left.message}`)
  if (isArena(config.right.suite)) throw new Error('an arena')
  return config.right.suite
}
const wrong = (suite: Readonly<Record<string, unknown>>): unknown => {
  const config = decoded(suite)
  return E.isLeft(config) ? config.left.message : config.right
}

describe('several aligned models', () => {
  const two = { small: 's', 'large-2': 'l' }
  it('have a base, an anchor and templates each, or share them', () => {
    const { models, alignedModels } = suiteOf({
      models: { base: { small: 'sb', 'large-2': 'lb' }, aligned: two, anchor: 'x' },
      template: 'qa',
      templates: { aligned: { small: 'chat', 'large-2': 'none' } },
    })
    expect(alignedModels).toEqual({
      small: {
        models: { base: 'sb', aligned: 's', anchor: 'x' },
        templates: { base: 'qa', aligned: 'chat', anchor: 'qa' },
      },
      'large-2': {
        models: { base: 'lb', aligned: 'l', anchor: 'x' },
        templates: { base: 'qa', aligned: 'none', anchor: 'qa' },
      },
    })
    expect(models).toEqual({ base: 'sb', aligned: 's', anchor: 'x' })
  })
  it('are absent where one model is named', () => {
    expect(suiteOf({ models: { aligned: 'a' } })).not.toHaveProperty('alignedModels')
  })
  it('are read again from the configuration that is written', () => {
    const config = decoded({ models: { aligned: two, anchor: 'x' } })
    if (E.isLeft(config)) throw new Error(config.left.message)
    expect(decodeConfig(configDocument(config.right), 'again')).toMatchObject({
      right: { suite: config.right.suite },
    })
  })
  it('are the same names under every part', () => {
    expect(wrong({ models: { base: { small: 'b' }, aligned: two } })).toBe(
      'field suite.models.base has none for large-2, one of models.aligned',
    )
    expect(wrong({ models: { aligned: two, anchor: { ...two, other: 'o' } } })).toBe(
      'field suite.models.anchor names other, which models.aligned does not have',
    )
    expect(wrong({ models: { aligned: 'a', base: { small: 'b' } } })).toBe(
      'field suite.models.base has names, but there is one aligned model; give names under models.aligned as well',
    )
    expect(wrong({ models: { aligned: two }, templates: { aligned: { small: 'chat' } } })).toBe(
      'field suite.templates.aligned has none for large-2, one of models.aligned',
    )
  })
  it('have no adapter in common', () => {
    expect(wrong({ models: { aligned: two }, adapter: 'tuned' })).toBe(
      'field suite.adapter belongs to one model, and models.aligned names several: run a benchmark for each',
    )
  })
  it('are fetched from a hub one by one', async () => {
    const suite = suiteOf({ models: { aligned: { a: './a', b: 'hub:org/none' } } })
    expect(
      await localSuite({ env: { HF_HUB_OFFLINE: '1', HF_HUB_CACHE: '/nowhere' } })(suite)(),
    ).toMatchObject({
      _tag: 'Left',
      left: { where: 'hub:org/none' },
    })
    const local = suiteOf({ models: { aligned: { a: './a', b: './b' } } })
    expect(await localSuite()(local)()).toMatchObject({
      right: { alignedModels: { a: { models: { aligned: './a' } }, b: { models: { aligned: './b' } } } },
    })
  })
})
