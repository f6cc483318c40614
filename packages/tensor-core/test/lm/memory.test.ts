import * as E from 'fp-ts/Either'
import { decodeModelConfig } from '../../src/formats/model/readConfig'
import { linearModules, weightBytes } from '../../src/lm'
import { checkMemory, checkWeightMemory, stepBytes, trainedBytes } from '../../src/lm/memory'
import { right } from './golden'

/** Llama 3.1 8B as its config.json says. */
const config = right(
  decodeModelConfig('config.json')({
    model_type: 'llama',
    vocab_size: 128256,
    hidden_size: 4096,
    intermediate_size: 14336,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    num_key_value_heads: 8,
    tie_word_embeddings: false,
  }),
)

describe('memory by arithmetic', () => {
  it('counts the 8,030,261,248 parameters of Llama 3.1 8B', () => {
    expect(weightBytes(config, 'float32', true)).toBe(4 * 8_030_261_248)
    expect(weightBytes(config, 'bfloat16', false)).toBe(4 * 8_030_261_248)
    // 65 gains of 4096 stay float32
    expect(weightBytes(config, 'bfloat16', true)).toBe(2 * 8_030_261_248 + 2 * 65 * 4096)
    expect(linearModules(config)).toHaveLength(32 * 7)
  })
  it('counts four copies of what is trained, and a step that grows with tokens and with the square of the length', () => {
    expect(trainedBytes(10)).toBe(160)
    expect(stepBytes(config, 2048, 256)).toBeLessThan(stepBytes(config, 2048, 512))
    expect(stepBytes(config, 4096, 256)).toBe(2 * stepBytes(config, 2048, 256))
  })
  it('refuses what cannot fit, says how much is missing and what to do', () => {
    const refused = checkWeightMemory(config, 'float32', 'models/big', 20e9)
    expect(E.isLeft(refused) && refused.left).toMatchObject({
      _tag: 'OutOfMemory',
      kind: 'input',
      where: 'models/big',
    })
    expect(E.isLeft(refused) && refused.left.message).toBe(
      'needs 32.1 GB for its weights in float32, 20.0 GB are free',
    )
    // no native engine runs in this test, and only that one stores bfloat16
    expect(E.isLeft(refused) && refused.left.remedy).toBe(
      'use `dtype` bfloat16 (16.1 GB) on the native `engine` (tensor-core engine build native), or a smaller model',
    )
    expect(checkWeightMemory(config, 'float32', 'models/big', 33e9)).toEqual(E.right(undefined))
    const need = { where: 'm', purpose: 'a step', bytes: 10, remedy: 'less' }
    expect(E.isRight(checkMemory(need, 10))).toBe(true)
    expect(E.isLeft(checkMemory(need, 9))).toBe(true)
  })
})
