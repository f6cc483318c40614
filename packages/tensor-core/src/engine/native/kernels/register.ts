/** The native engine's fused kernels: TensorFlow ops of our own (`sources.ts`) behind the names of `engine/fused`. */
import { type FusedName, fusedNames, registeredKernel } from '../../fused/kernel'
import { tf } from '../../tf'
import { backendName, currentBackend } from '../backend'
import type { OpAttribute } from '../binding'

// model ------------------------------------------------------------------------------------------

/** An op of the library: its inputs by the names that `engine/fused` uses, and the attribute that its number comes from. */
interface FusedOp {
  readonly op: string
  readonly inputs: ReadonlyArray<string>
  readonly outputs: number
  readonly number?: (attrs: tf.NamedAttrMap | undefined) => number
}

const attribute =
  (name: string): NonNullable<FusedOp['number']> =>
  (attrs) =>
    Number(attrs?.[name])

const ops: Readonly<Partial<Record<FusedName, FusedOp>>> = {
  [fusedNames.rmsNorm]: {
    op: 'SafeRmsNorm',
    inputs: ['x', 'gain'],
    outputs: 2,
    number: attribute('epsilon'),
  },
  [fusedNames.rmsNormPullback]: {
    op: 'SafeRmsNormPullback',
    inputs: ['dy', 'x', 'scale', 'gain'],
    outputs: 1,
  },
  [fusedNames.scaled]: { op: 'SafeScaleRows', inputs: ['x', 'scale', 'gain'], outputs: 1 },
  [fusedNames.rotate]: {
    op: 'SafeRotateHalves',
    inputs: ['x', 'cos', 'sin'],
    outputs: 1,
    number: (attrs) => (attrs?.['back'] === true ? -1 : 1),
  },
  [fusedNames.gatedSilu]: { op: 'SafeGatedSilu', inputs: ['gate', 'up'], outputs: 1 },
  [fusedNames.gatedSiluPullback]: { op: 'SafeGatedSiluPullback', inputs: ['gate', 'up', 'dy'], outputs: 2 },
  [fusedNames.gatedGelu]: { op: 'SafeGatedGelu', inputs: ['gate', 'up'], outputs: 1 },
  [fusedNames.gatedGeluPullback]: { op: 'SafeGatedGeluPullback', inputs: ['gate', 'up', 'dy'], outputs: 2 },
  [fusedNames.adamW]: { op: 'SafeAdamW', inputs: ['p', 'm', 'v', 'g', 'constants'], outputs: 3 },
  [fusedNames.adamWInPlace]: {
    op: 'SafeAdamWInPlace',
    inputs: ['p', 'm', 'v', 'g', 'constants'],
    outputs: 1,
  },
  [fusedNames.causalAttention]: { op: 'SafeCausalAttention', inputs: ['q', 'k', 'v', 'rule'], outputs: 1 },
  [fusedNames.causalAttentionPullback]: {
    op: 'SafeCausalAttentionPullback',
    inputs: ['q', 'k', 'v', 'dContext', 'rule'],
    outputs: 3,
  },
  [fusedNames.maskedSoftmax]: { op: 'SafeMaskedSoftmax', inputs: ['scores', 'mask'], outputs: 1 },
  [fusedNames.softmaxPullback]: {
    op: 'SafeSoftmaxPullback',
    inputs: ['dWeights', 'weights'],
    outputs: 1,
    number: attribute('factor'),
  },
  [fusedNames.tokenCrossEntropy]: {
    op: 'SafeTokenCrossEntropy',
    inputs: ['logits', 'id', 'weight'],
    outputs: 2,
  },
  [fusedNames.cachedAttention]: {
    op: 'SafeCachedAttention',
    inputs: ['q', 'k', 'v', 'cos', 'sin', 'keys', 'values', 'mask'],
    outputs: 1,
    number: attribute('factor'),
  },
}

const isFusedName = (name: string): name is FusedName => Object.values(fusedNames).some((n) => n === name)

// registering ------------------------------------------------------------------------------------

const isLibrary = (u: unknown): boolean =>
  typeof u === 'object' && u !== null && 'registered' in u && u.registered === true

/** Registers the ops of the loaded library; `library` is undefined if the engine was built without one. */
export const registerFused = (library: unknown): void => {
  if (!isLibrary(library)) return
  for (const [name, description] of Object.entries(ops)) {
    if (!isFusedName(name)) continue
    if (registeredKernel(name, backendName) !== undefined) continue
    const { op, inputs, outputs, number } = description
    tf.registerKernel({
      kernelName: name,
      backendName,
      kernelFunc: ({ inputs: given, attrs }) => {
        const engine = currentBackend()
        const { binding } = engine
        const ids = engine.getInputTensorIds(inputs.flatMap((key) => given[key] ?? []))
        const attributes: ReadonlyArray<OpAttribute> =
          number === undefined ? [] : [{ name: 'number', type: binding.TF_ATTR_FLOAT, value: number(attrs) }]
        const made = binding
          .executeOp(op, attributes, ids, outputs)
          .map((raw) => engine.createOutputTensor(raw))
        const [only] = made
        return made.length === 1 && only !== undefined ? only : made
      },
    })
  }
}
