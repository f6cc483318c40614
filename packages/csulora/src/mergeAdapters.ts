/**
 * Several adapters of one model as one: sum_i w_i s_i B_i A_i = [w_1 s_1 B_1, w_2 s_2 B_2, ...] [A_1; A_2; ...], exactly, at the sum of
 * their ranks. A module that only some adapters have is the sum of those.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { type LoraAdapter, type LoraModule, type Matrix, badInput, matrix } from '@safe/tensor-core/contracts'
import { freshAdapterConfig } from '@safe/tensor-core/formats'
import type { CsuloraError } from './errors'

// model ------------------------------------------------------------------------------------------

/** An adapter, its weight in the sum, and its name for messages. */
export interface WeightedAdapter {
  readonly adapter: LoraAdapter
  readonly weight: number
  readonly name: string
}

/** A module of one adapter, and what its B A is multiplied with. */
interface Part {
  readonly module: LoraModule
  readonly factor: number
}

// checks -----------------------------------------------------------------------------------------

const mismatch = (where: string, message: string, remedy: string): CsuloraError =>
  badInput('AdapterMismatch', message, { where, remedy })

const dims = (m: LoraModule): string => `[${m.B.rows}, ${m.A.cols}]`

const fanInFanOut = ({ config }: LoraAdapter): boolean => config['fan_in_fan_out'] === true

const checkedTogether = (
  all: ReadonlyArray<WeightedAdapter>,
): E.Either<CsuloraError, ReadonlyArray<WeightedAdapter>> => {
  const [first] = all
  for (const { adapter, name } of all) {
    if (adapter.extras.length > 0)
      return E.left(
        mismatch(
          name,
          `holds ${adapter.extras[0]?.name ?? 'a tensor'}, which is no LoRA factor and has no sum`,
          'merge adapters without biases and modules_to_save',
        ),
      )
    if (first !== undefined && fanInFanOut(adapter) !== fanInFanOut(first.adapter))
      return E.left(
        mismatch(name, `fan_in_fan_out differs from ${first.name}`, 'merge adapters of one model'),
      )
    for (const module of adapter.modules) {
      const twin = first?.adapter.modules.find((m) => m.name === module.name)
      if (twin !== undefined && dims(twin) !== dims(module))
        return E.left(
          mismatch(
            name,
            `${module.name} is ${dims(module)}, but ${dims(twin)} in ${first?.name ?? ''}`,
            'merge adapters of one model',
          ),
        )
    }
  }
  return E.right(all)
}

// sums -------------------------------------------------------------------------------------------

const stacked = (parts: ReadonlyArray<Part>): Matrix => {
  const cols = parts[0]?.module.A.cols ?? 0
  const rank = parts.reduce((sum, { module }) => sum + module.A.rows, 0)
  const data = new Float32Array(rank * cols)
  let row = 0
  for (const { module } of parts) {
    data.set(module.A.data, row * cols)
    row += module.A.rows
  }
  return matrix(rank, cols, data)
}

const besideEachOther = (parts: ReadonlyArray<Part>): Matrix => {
  const rows = parts[0]?.module.B.rows ?? 0
  const rank = parts.reduce((sum, { module }) => sum + module.B.cols, 0)
  const data = new Float32Array(rows * rank)
  let column = 0
  for (const { module, factor } of parts) {
    const r = module.B.cols
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < r; j++) data[i * rank + column + j] = factor * (module.B.data[i * r + j] ?? 0)
    column += r
  }
  return matrix(rows, rank, data)
}

const partsOf = (all: ReadonlyArray<WeightedAdapter>, name: string): ReadonlyArray<Part> =>
  all.flatMap(({ adapter, weight }) =>
    adapter.modules
      .filter((m) => m.name === name)
      .map((module) => ({ module, factor: weight * module.scale })),
  )

const configOf = (all: ReadonlyArray<WeightedAdapter>, modules: ReadonlyArray<LoraModule>) => {
  const configs = all.map(({ adapter }) => adapter.config)
  const base = configs[0]?.['base_model_name_or_path']
  const rank = Math.max(...modules.map(({ A }) => A.rows))
  return {
    ...freshAdapterConfig({
      rank,
      alpha: rank,
      targetModules: modules.map(({ name }) => name),
      ...(typeof base === 'string' ? { baseModel: base } : {}),
    }),
    fan_in_fan_out: configs[0]?.['fan_in_fan_out'] === true,
  }
}

/**
 * The weighted sum as one adapter, its scales in B: lora_alpha is the rank. One adapter of weight 1 is returned as it is.
 *
 * @returns left `AdapterMismatch` where shapes differ, or where an adapter holds tensors that are no LoRA factors
 */
export const mergedAdapter = (all: ReadonlyArray<WeightedAdapter>): E.Either<CsuloraError, LoraAdapter> => {
  const [first] = all
  if (first === undefined)
    return E.left(badInput('BadOption', 'give at least one adapter', { field: 'adapter' }))
  if (all.length === 1 && first.weight === 1) return E.right(first.adapter)
  return pipe(
    checkedTogether(all),
    E.map(() => {
      const names = [...new Set(all.flatMap(({ adapter }) => adapter.modules.map((m) => m.name)))]
      const modules = names.map((name): LoraModule => {
        const parts = partsOf(all, name)
        return { name, A: stacked(parts), B: besideEachOther(parts), scale: 1 }
      })
      return {
        modules,
        config: configOf(all, modules),
        metadata: first.adapter.metadata,
        dtype: all.every(({ adapter }) => adapter.dtype === first.adapter.dtype)
          ? first.adapter.dtype
          : 'F32',
        extras: [],
      }
    }),
  )
}
