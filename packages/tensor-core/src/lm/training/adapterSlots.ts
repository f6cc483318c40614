/** Which modules an adapter is trained on, fresh or continued from one; and the trained vector back as an adapter. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { type LmError, type LoraAdapter, badInput, matrix } from '../../contracts'
import { type ModelConfig, adapterPlacement, freshAdapterConfig } from '../../formats'
import { linearModules } from '../decoder/parameters'
import { checkAdapter } from '../inference/adapter'
import { layoutOf } from './layout'
import type { TrainingRecipe } from './recipe'
import { type LoraSlot, freshFactors } from './trainable'

/** Where training starts: the modules, their factors as one flat vector, and the configuration written back. */
export interface AdapterStart {
  readonly slots: ReadonlyArray<LoraSlot>
  readonly start: Float32Array
  readonly template: LoraAdapter
}

const sizeOf = (s: LoraSlot): number => s.rank * (s.inputs + s.outputs)

const fresh = (
  config: ModelConfig,
  { recipe, seed, baseModel }: Pick<StartChoice, 'recipe' | 'seed' | 'baseModel'>,
): E.Either<LmError, AdapterStart> => {
  const only = recipe.targetModules[0]
  const json = freshAdapterConfig({
    rank: recipe.rank,
    alpha: recipe.alpha,
    dropout: recipe.dropout,
    targetModules:
      recipe.targetModules.length === 1 && only === 'all-linear' ? 'all-linear' : recipe.targetModules,
    baseModel,
  })
  return pipe(
    adapterPlacement('`targetModules`', json),
    E.chainW((placement) => {
      const slots = linearModules(config)
        .filter((m) => placement.targets(m.name))
        .map((m): LoraSlot => ({ ...m, rank: placement.rank(m.name), scale: placement.scale(m.name) }))
      const unmatched = recipe.targetModules.find(
        (t) => t !== 'all-linear' && !slots.some((s) => s.name === t || s.name.endsWith(`.${t}`)),
      )
      return slots.length === 0 || unmatched !== undefined
        ? E.left(
            badInput(
              'BadOption',
              `names ${unmatched ?? 'nothing'}, which no linear module of the model ends with`,
              {
                where: `\`targetModules\` ${recipe.targetModules.join(',')}`,
                remedy: 'name modules such as q_proj,v_proj, or all-linear',
              },
            ),
          )
        : E.right({
            slots,
            start: freshFactors(slots, seed),
            template: { modules: [], config: json, metadata: {}, dtype: 'F32' as const, extras: [] },
          })
    }),
  )
}

const continued = (config: ModelConfig, init: LoraAdapter, name?: string): E.Either<LmError, AdapterStart> =>
  pipe(
    checkAdapter(config, init, name),
    E.map((modules) => {
      const slots = linearModules(config).flatMap((m): ReadonlyArray<LoraSlot> => {
        const found = modules.get(m.name)
        return found === undefined ? [] : [{ ...m, rank: found.A.rows, scale: found.scale }]
      })
      const start = new Float32Array(slots.reduce((n, s) => n + sizeOf(s), 0))
      slots.reduce((at, s) => {
        const found = modules.get(s.name)
        if (found !== undefined) {
          start.set(found.A.data, at)
          start.set(found.B.data, at + found.A.data.length)
        }
        return at + sizeOf(s)
      }, 0)
      return { slots, start, template: { ...init, dtype: 'F32' as const } }
    }),
  )

/** What an adapter is started from. */
export interface StartChoice {
  readonly recipe: TrainingRecipe
  readonly seed: number
  /** The model folder, written into a fresh adapter's configuration. */
  readonly baseModel: string
  /** The adapter to continue from, and its name for messages. */
  readonly init: LoraAdapter | undefined
  readonly initName: string | undefined
}

/** Where training starts: a fresh adapter, or the one to continue from. Left where it does not fit the model. */
export const adapterStart = (
  config: ModelConfig,
  { init, initName, ...choice }: StartChoice,
): E.Either<LmError, AdapterStart> =>
  init === undefined ? fresh(config, choice) : continued(config, init, initName)

/** The trained vector as an adapter. */
export const adapterFrom = ({ slots, template }: AdapterStart, trained: Float32Array): LoraAdapter => {
  const layout = layoutOf(slots.flatMap((s) => [{ name: s.name, shape: [sizeOf(s)] }]))
  return {
    ...template,
    modules: slots.map((s, i) => {
      const at = layout.slots[i]?.offset ?? 0
      const middle = at + s.rank * s.inputs
      return {
        name: s.name,
        scale: s.scale,
        A: matrix(s.rank, s.inputs, trained.slice(at, middle)),
        B: matrix(s.outputs, s.rank, trained.slice(middle, middle + s.outputs * s.rank)),
      }
    }),
  }
}
