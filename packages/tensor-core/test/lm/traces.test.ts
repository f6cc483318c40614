import { join } from 'node:path'
import { selectEngine, tf } from '../../src/engine'
import { openModelFolder, openWeights } from '../../src/formats'
import { type LoraSlot, linearModules, lmOracle, loadWeights, loraTrainable } from '../../src/lm'
import { families, familiesFolder } from './families'
import { run, testedEngines, tokenExample, tokenRow } from './golden'

/** What a backward pass may keep: everything, lean traces of all layers, or of the last one only. */
const mockRoom = { bytes: Infinity, small: Infinity }
jest.mock('../../src/lm/decoder/traceRoom', () => ({
  traceRoom: () => mockRoom.bytes,
  get SMALL() {
    return mockRoom.small
  },
}))

const gradientOf = async (name: string, bytes: number, small: number): Promise<Float32Array> => {
  Object.assign(mockRoom, { bytes, small })
  const folder = await run(openModelFolder(join(familiesFolder, name)))
  const weights = await run(loadWeights(folder))
  const trainable = loraTrainable(
    weights,
    linearModules(folder.config).map((m): LoraSlot => ({ ...m, rank: 2, scale: 2 })),
  )
  const adapter = await run(openWeights(join(folder.path, 'adapter', 'adapter_model.safetensors')))
  const start = new Float32Array(trainable.layout.size)
  for (const s of trainable.layout.slots)
    start.set(await run(adapter.read(`base_model.model.${s.name}.weight`)), s.offset)
  const parameters = tf.tensor1d(start)
  const oracle = lmOracle({
    trainable,
    parameters: () => parameters,
    encode: tokenRow,
    loss: 'example',
    dropout: 0,
    seed: 1,
  })
  const rows = families.families[name]?.training.map((r, i) => tokenExample(String(i), r)) ?? []
  const { gradient } = await run(oracle.mean(rows, { kind: 'deterministic' }))
  const values = Float32Array.from(oracle.space.toHost(gradient))
  tf.dispose([gradient, parameters])
  weights.dispose()
  return values
}

describe.each(testedEngines)('on %s', (engine) => {
  beforeAll(() => run(selectEngine(engine)))

  it.each(Object.keys(families.families))(
    'gradients of %s are the same whether layers are kept, kept lean or computed again',
    async (name) => {
      const whole = await gradientOf(name, Infinity, Infinity)
      expect(await gradientOf(name, Infinity, 0)).toEqual(whole)
      expect(await gradientOf(name, 0, 0)).toEqual(whole)
    },
  )
})
