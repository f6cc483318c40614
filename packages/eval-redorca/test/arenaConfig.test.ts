/** The arena in a configuration: by name, or a mapping with another world, its models, another judge among beams. */
import * as E from 'fp-ts/Either'
import { parse, stringify } from 'yaml'
import { configDocument } from '../src/config/config'
import { decodeConfig } from '../src/config/configCodec'
import { arenaRecipe } from '../src/config/defaults'
import { ports } from '../src/work/lmPorts'

const decoded = (suite: unknown) => decodeConfig({ suite }, 'bench.yaml')

describe('suite: {arena: ...}', () => {
  it('names a world and its models, with the settings of the arena', () => {
    const config = decoded({ arena: { world: 1, models: 'worlds/1' } })
    expect(config).toMatchObject({
      right: {
        suite: { arena: { world: 1, models: 'worlds/1', beamJudge: 'arena-guard' } },
        recipe: arenaRecipe,
      },
    })
  })

  it.each([
    ['arena'],
    [{ arena: {} }],
    [{ arena: { world: 1, models: 'worlds/1' } }],
    [{ arena: { 'beam-judge': 'arena-harm' } }],
  ])('%j is written to a file and read back', (suite) => {
    const config = decoded(suite)
    if (E.isLeft(config)) throw new Error(config.left.message)
    const document = configDocument(config.right)
    const again = decodeConfig(parse(stringify(document)), 'config.yaml')
    expect(again).toMatchObject({ right: { suite: config.right.suite } })
    expect(E.isRight(again) && configDocument(again.right)).toEqual(document)
  })

  it.each([
    [{ arena: { world: -1 } }, 'suite.arena.world'],
    [{ arena: { wrold: 1 } }, 'suite.arena.wrold'],
    [{ arena: { 'beam-judge': 'nice' } }, 'suite.arena.beam-judge'],
    [{ arena: 'world 1' }, 'suite.arena'],
    [{ arena: {}, safe: 's.jsonl' }, 'suite.safe'],
    ['arenas', 'suite'],
  ])('%j is refused', (suite, field) => {
    expect(decoded(suite)).toMatchObject({
      left: { _tag: 'BadConfig', message: expect.stringContaining(field) as unknown },
    })
  })

  it('opens as that world, and says how to build models that are missing', async () => {
    const suiteOf = async (suite: unknown) => {
      const config = decoded(suite)
      if (E.isLeft(config)) throw new Error(config.left.message)
      return ports.suite(config.right)()
    }
    expect(await suiteOf('arena')).toMatchObject({
      right: { name: 'arena', beamJudge: { id: 'arena-guard@1' } },
    })
    expect(await suiteOf({ arena: { 'beam-judge': 'arena-harm' } })).toMatchObject({
      right: { name: 'arena', beamJudge: { id: 'arena-harm@1' } },
    })
    expect(await suiteOf({ arena: { world: 7, models: 'no-such-folder' } })).toMatchObject({
      left: {
        where: 'no-such-folder',
        remedy: expect.stringContaining('npm run arena:build -- --world 7 --out no-such-folder') as unknown,
      },
    })
  })
})
