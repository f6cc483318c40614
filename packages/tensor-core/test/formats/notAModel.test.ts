import { openModelFolder, openWeights, readAdapter } from '../../src/formats'
import { folderWith } from './folder'

const config = '{}'

describe('a folder that is given as a model and is none', () => {
  it.each([
    [
      'an adapter',
      { 'adapter_config.json': '{"base_model_name_or_path": "org/base"}', 'adapter_model.safetensors': '' },
      /^holds a PEFT adapter, not a model$/,
      /its base model \(org\/base\) here, and this folder as `adapter`/,
    ],
    ['an adapter without a base', { 'adapter_config.json': '{}' }, /PEFT adapter/, /its base model here/],
    ["the hub's cache", { 'snapshots/abc/config.json': config }, /hub's cache/, /snapshots/],
    ['a folder of GGUF files', { 'x.gguf': '' }, /no config\.json/, /give the file itself: x\.gguf/],
    ['an empty folder', {}, /^is an empty folder: it holds no config\.json$/, /give the folder with/],
    ['another folder', { 'notes.txt': '' }, /^is not a model folder: it holds no config\.json$/, /config/],
  ])('%s is told what it is', async (_, files: Record<string, string>, message, remedy) => {
    const folder = folderWith(files)
    expect(await openModelFolder(folder)()).toEqual({
      _tag: 'Left',
      left: {
        _tag: 'FileMissing',
        kind: 'input',
        where: folder,
        message: expect.stringMatching(message) as string,
        remedy: expect.stringMatching(remedy) as string,
      },
    })
  })

  it('weights in a pickle alone are refused with the way to convert them', async () => {
    const folder = folderWith({ 'config.json': config, 'pytorch_model-00001-of-00002.bin': 'x' })
    expect(await openWeights(folder)()).toMatchObject({
      left: {
        message:
          'has its weights only in pytorch_model-00001-of-00002.bin, which is not read: such a file can run code',
        remedy: expect.stringContaining('safe_serialization=True') as string,
      },
    })
  })

  it('an adapter that is not there is not said to lack a file', async () => {
    expect(await readAdapter('/nosuch')()).toMatchObject({ left: { message: 'does not exist' } })
    expect(await readAdapter(folderWith({ x: '' }))()).toMatchObject({
      left: { message: 'holds no adapter_config.json' },
    })
  })
})
