/** How faithful the methods of a benchmark are to what was published, as their plugins say: part of the stamp. */
import * as t from 'io-ts'
import { type Fidelity, type Stage, stages } from '@safe/tensor-core/contracts'
import type { Methods } from '../plan/methods'
import { loadedName } from '../plan/plugins'

// model ------------------------------------------------------------------------------------------

/** What a method says of itself; two stages may each have a method of one name. */
export interface MethodFidelity extends Fidelity {
  readonly stage: Stage
  readonly method: string
}

const fidelityCodec: t.Type<Fidelity> = t.intersection([
  t.type({ source: t.string, formula: t.string, defaults: t.string, differs: t.string }),
  t.partial({ commit: t.string }),
])
export const methodFidelityCodec: t.Type<MethodFidelity> = t.intersection([
  t.type({
    stage: t.keyof({ data: null, training: null, weights: null, decoding: null }),
    method: t.string,
  }),
  fidelityCodec,
])

// constructors -----------------------------------------------------------------------------------

/**
 * What the loaded methods say of themselves, in the order of the stages. A plugin may be plain JavaScript and say nothing, or nothing
 * that can be read.
 */
export const fidelitiesOf = (methods: Methods): ReadonlyArray<MethodFidelity> => {
  const found = stages.flatMap((stage) =>
    [...methods[stage].values()].flatMap((choice) =>
      choice.methods.flatMap((loaded): ReadonlyArray<MethodFidelity> => {
        const { fidelity } = loaded.plugin
        return fidelityCodec.is(fidelity) ? [{ stage, method: loadedName(loaded), ...fidelity }] : []
      }),
    ),
  )
  const first = (one: MethodFidelity): MethodFidelity | undefined =>
    found.find(({ stage, method }) => stage === one.stage && method === one.method)
  // A method of several choices of a stage says the same in each.
  return found.filter((one) => first(one) === one)
}
