/** A small world for tests: checkpoints in memory and on disk, adapters, and plain dense algebra to compare with. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import {
  type LoraAdapter,
  type LoraModule,
  type Matrix,
  type StoredDtype,
  type WeightSource,
  badInput,
} from '@safe/tensor-core/contracts'
import { freshAdapterConfig, writeAdapter, writeSafetensors } from '@safe/tensor-core/formats'
import {
  type Dense,
  frobenius,
  fromMatrix,
  generate,
  multiply,
  subtract,
  toMatrix,
} from '@safe/tensor-core/linalg'
import { stream } from '@safe/tensor-core/random'

export const right = <L, A>(e: E.Either<L, A>): A => {
  if (E.isLeft(e)) throw new Error(JSON.stringify(e.left))
  return e.right
}
export const left = <L, A>(e: E.Either<L, A>): L => {
  if (E.isRight(e)) throw new Error('expected a fault')
  return e.left
}

export const gaussian = (m: number, n: number, seed: number, size = 1): Dense => {
  const draw = stream(seed)
  return generate(m, n, () => size * draw.normal())
}
/** Relative Frobenius distance. */
export const distance = (a: Dense, b: Dense): number => frobenius(subtract(a, b)) / frobenius(b)
export const product = (m: LoraModule): Dense => multiply(fromMatrix(m.B), fromMatrix(m.A))

/** A checkpoint in memory. */
export const memorySource = (name: string, tensors: Readonly<Record<string, Matrix>>): WeightSource => ({
  name,
  tensors: new Map(
    Object.entries(tensors).map(([key, m]) => [key, { dtype: 'F32', shape: [m.rows, m.cols] }]),
  ),
  read: (key) => {
    const found = tensors[key]
    return found === undefined
      ? TE.left(badInput('FileDamaged', `has no ${key}`, { where: name }))
      : TE.right(found.data.slice())
  },
  fingerprint: TE.right(name),
})

export const adapterOf = (
  modules: Readonly<Record<string, { readonly B: Dense; readonly A: Dense }>>,
  dtype: StoredDtype = 'F32',
  extra: Readonly<Record<string, unknown>> = {},
): LoraAdapter => {
  const rank = Object.values(modules)[0]?.A.rows ?? 1
  return {
    modules: Object.entries(modules).map(([name, { A, B }]) => ({
      name,
      A: toMatrix(A),
      B: toMatrix(B),
      scale: 2,
    })),
    config: {
      ...freshAdapterConfig({ rank, alpha: 2 * rank, targetModules: Object.keys(modules) }),
      ...extra,
    },
    metadata: { format: 'pt' },
    dtype,
    extras: [],
  }
}

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'csulora-'))

/** Writes a `.safetensors` checkpoint and gives its path. */
export const writeCheckpoint = async (
  folder: string,
  name: string,
  tensors: Readonly<Record<string, Matrix>>,
  dtype: StoredDtype = 'F32',
): Promise<string> => {
  const path = join(folder, `${name}.safetensors`)
  right(
    await writeSafetensors(
      path,
      Object.entries(tensors).map(([key, m]) => ({
        name: key,
        dtype,
        shape: [m.rows, m.cols],
        values: m.data,
      })),
    )(),
  )
  return path
}
export const writeAdapterFolder = async (
  folder: string,
  name: string,
  adapter: LoraAdapter,
): Promise<string> => {
  const path = join(folder, name)
  right(await writeAdapter(path, adapter)())
  return path
}
