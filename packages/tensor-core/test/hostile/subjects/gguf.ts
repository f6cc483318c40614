/** GGUF files: mutants of the header mostly, opened as models with all their tensors and their tokenizer. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openModelFolder } from '../../../src/formats'
import { parseGgufHeader } from '../../../src/formats/gguf/header'
import { loadTokenizer } from '../../../src/text'
import { mutateBytes } from '../mutateBytes'
import type { Random } from '../random'
import { type Subject, settled } from '../subject'

const folder = join(__dirname, '..', '..', 'golden', 'gguf')
const originals = ['llama-pieces', 'qwen2'].map((name) => {
  const bytes = readFileSync(join(folder, `${name}.gguf`))
  const { length, tensors } = parseGgufHeader(bytes, bytes.length)
  // the names and places of the tensors are the last part of the header
  const infos = bytes.indexOf([...tensors.keys()][0] ?? '') - 8
  return { bytes, length, infos }
})

/** The fixed start, the first metadata, the places of the tensors, or any byte. */
const mutate = (random: Random): Buffer => {
  const { bytes, length, infos } = random.pick(originals)
  const part = random.below(5)
  const [from, to] =
    part === 0
      ? [4, 24]
      : part === 1
        ? [24, 1200]
        : part === 2
          ? [infos, length]
          : part === 3
            ? [24, length]
            : [0, bytes.length]
  return Buffer.concat([
    bytes.subarray(0, from),
    mutateBytes(bytes.subarray(from, to), random),
    bytes.subarray(to),
  ])
}

export const gguf: Subject = {
  name: 'gguf',
  share: 6,
  mutant: (random) => ({ 'x.gguf': mutate(random) }),
  problem: async (path) => {
    const file = join(path, 'x.gguf')
    const { value: tokenizer, problem: odd } = settled(await loadTokenizer(file)())
    if (odd !== undefined) return odd
    if (tokenizer !== undefined) tokenizer.decode(tokenizer.encode('how do i clean the bridge ?'))
    const { value, problem } = settled(await openModelFolder(file)())
    if (problem !== undefined || value === undefined) return problem
    for (const [name, { shape }] of value.weights.tensors) {
      const read = settled(await value.weights.read(name)())
      if (read.problem !== undefined) return read.problem
      if (read.value !== undefined && read.value.length !== shape.reduce((n, d) => n * d, 1))
        return `${name} has ${read.value.length} values`
      const raw = settled(await value.weights.readRaw(name)())
      if (raw.problem !== undefined) return raw.problem
    }
    return undefined
  },
}
