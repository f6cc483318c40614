/** Blocks of every type of GGUF tensors against Python's gguf (tools/golden/gguf_files.py), bit for bit. */
import { dequantise } from '../../src/formats/gguf/dequantise'
import { tensorType } from '../../src/formats/gguf/types'
import { fromBase64 } from './folder'
import { golden } from './ggufGolden'

const ids = [0, 1, 2, 3, 6, 7, 8, 10, 11, 12, 13, 14, 30]

it.each(ids.map((id) => [tensorType(id)?.name ?? '', id] as const))('%s', (name, id) => {
  const type = tensorType(id)
  const block = golden.blocks[name]
  if (type === undefined || block === undefined) throw new Error(`no golden blocks of ${name}`)
  const bytes = fromBase64(block.bytes)
  const values = fromBase64(block.values)
  const out = new Float32Array((bytes.byteLength / type.bytes) * type.elements)
  dequantise(type.name, bytes, out)
  expect(Buffer.from(out.buffer).equals(Buffer.from(values))).toBe(true)
})

it('has golden blocks of every type', () => {
  expect(Object.keys(golden.blocks).sort()).toEqual(ids.map((id) => tensorType(id)?.name).sort())
})
