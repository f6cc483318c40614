import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import { openModelFolder } from '@safe/tensor-core/formats'
import { writeInitialModel } from '../../src/arena/initialModel'
import { wordTokenizer } from '../../src/arena/wordTokenizer'

const shape = { tokenizer: 'words', layers: 2, hiddenSize: 16, heads: 4, mlpSize: 24 } as const
const tokenizer = wordTokenizer(['the', 'purse', 'steal', 'the'])
const written = async (seed: number): Promise<string> => {
  const folder = join(mkdtempSync(join(tmpdir(), 'arena-')), 'model')
  expect(await writeInitialModel(folder, shape, tokenizer, seed)()).toMatchObject({ _tag: 'Right' })
  return folder
}

describe('writeInitialModel', () => {
  it('writes an ordinary model folder', async () => {
    const opened = await openModelFolder(await written(1))()
    if (E.isLeft(opened)) throw new Error(opened.left.message)
    const { config, weights, stopTokens } = opened.right
    expect(config).toMatchObject({ modelType: 'llama', vocabSize: 9, headDim: 4, tieWordEmbeddings: true })
    expect([...stopTokens]).toEqual([2])
    const count = [...weights.tensors.values()].reduce((n, t) => n + t.shape.reduce((a, b) => a * b, 1), 0)
    expect(count).toBe(9 * 16 + 2 * (4 * 16 * 16 + 3 * 16 * 24 + 2 * 16) + 16)
  })

  it('draws weights of standard deviation 0.02, the same for the same seed', async () => {
    const [a, b, c] = [await written(1), await written(1), await written(2)]
    const bytes = (folder: string): Buffer => readFileSync(join(folder, 'model.safetensors'))
    expect(bytes(a).equals(bytes(b))).toBe(true)
    expect(bytes(a).equals(bytes(c))).toBe(false)
    const opened = await openModelFolder(a)()
    if (E.isLeft(opened)) throw new Error(opened.left.message)
    const values = await opened.right.weights.read('model.layers.0.mlp.gate_proj.weight')()
    if (E.isLeft(values)) throw new Error(values.left.message)
    const deviation = Math.sqrt(values.right.reduce((s, x) => s + x * x, 0) / values.right.length)
    expect(deviation).toBeGreaterThan(0.018)
    expect(deviation).toBeLessThan(0.022)
  })
})
