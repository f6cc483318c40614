/** A draft and an anchor with random weights in the speed table's shape, with tokenizers of whole words. */
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import { faultLine } from '@safe/tensor-core/contracts'
import { writeInitialModel } from '../../../packages/eval-redorca/src/arena/initialModel'
import { wordTokenizer } from '../../../packages/eval-redorca/src/arena/wordTokenizer'
import type { Shape } from '../suite/shapes'

/** Folders of the two models. */
export interface Pair {
  readonly draft: string
  readonly anchor: string
}

const words = (count: number): ReadonlyArray<string> => Array.from({ length: count }, (_, i) => `w${i}`)

/** Writes both models; the anchor has the draft's shape, so that it is no larger. */
export const writePair = async (folder: string, shape: Shape): Promise<Pair> => {
  const tokenizer = wordTokenizer(words(shape.vocab))
  const write = async (name: string, seed: number): Promise<string> => {
    const path = join(folder, name)
    const written = await writeInitialModel(
      path,
      {
        tokenizer: 'words',
        hiddenSize: shape.hidden,
        mlpSize: shape.intermediate,
        layers: shape.layers,
        heads: shape.heads,
      },
      tokenizer,
      seed,
    )()
    if (E.isLeft(written)) throw new Error(faultLine(written.left))
    return path
  }
  return { draft: await write('draft', 1), anchor: await write('anchor', 2) }
}
