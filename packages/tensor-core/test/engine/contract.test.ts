import { type EngineName, installedEngines, selectEngine, tf } from '../../src/engine'
import { contractCases } from '../../src/cli/contractCases'
import { contractCase, exactly, exceptions, runContract } from '../../src/engine/contract'

/** A process can load one libtensorflow: of native and cuda, the first that this machine has. */
const present = installedEngines().filter(({ available }) => available)
const native = present.find(({ name }) => name === 'native' || name === 'cuda')?.name
const engines = present
  .map(({ name }) => name as EngineName)
  .filter((name) => name === native || name === 'wasm' || name === 'cpu')

describe.each(engines)('the contract on %s', (engine) => {
  it('holds', async () => {
    expect(await selectEngine(engine)()).toMatchObject({ _tag: 'Right', right: { engine } })
    const result = runContract(contractCases)
    expect(result.cases.filter((c) => !c.passed && c.excepted !== true)).toEqual([])
    expect(result.passed + result.excepted).toBe(contractCases.length)
  })
})

describe('the list of cases', () => {
  it('names each case once, and lists exceptions only for existing cases', () => {
    const names = contractCases.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    expect(exceptions.filter(({ name }) => !names.includes(name))).toEqual([])
  })

  it('detects a wrong value, a wrong shape, a leak and an exception', async () => {
    await selectEngine('cpu')()
    const result = runContract([
      contractCase(
        'right',
        () => tf.tensor1d([1, 2]),
        () => exactly.exact([2], [1, 2]),
      ),
      contractCase(
        'value',
        () => tf.tensor1d([1, 2]),
        () => exactly.exact([2], [1, 2.1]),
      ),
      contractCase(
        'not a number',
        () => tf.tensor1d([1, NaN]),
        () => exactly.exact([2], [1, 2]),
      ),
      contractCase(
        'shape',
        () => tf.tensor1d([1, 2]),
        () => exactly.exact([1, 2], [1, 2]),
      ),
      contractCase(
        'leak',
        () => tf.keep(tf.tensor1d([1])).add(1),
        () => exactly.exact([1], [2]),
      ),
      contractCase(
        'throws',
        () => raise('no'),
        () => exactly.exact([1], [1]),
      ),
    ])
    expect(result).toMatchObject({ passed: 1, failed: 5, excepted: 0 })
    expect(result.cases.map(({ reason }) => reason)).toEqual([
      undefined,
      expect.stringContaining('error'),
      expect.stringContaining('error'),
      'shape [2] instead of [1,2]',
      '1 tensors left behind',
      'no',
    ])
    tf.disposeVariables()
  })
})

const raise = (message: string): never => {
  throw new Error(message)
}
