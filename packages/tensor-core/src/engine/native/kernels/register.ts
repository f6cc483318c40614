/** The native engine's fused kernels: TensorFlow ops of our own (`sources.ts`) behind the names of `engine/fused`. */
import { layerModules } from '../../fused/decoderLayer'
import { type FusedName, fusedNames, registeredKernel } from '../../fused/kernel'
import { tf } from '../../tf'
import { type NativeBackend, backendName, currentBackend } from '../backend'
import type { OpAttribute } from '../binding'
import { typeAttribute } from '../ops'

// model ------------------------------------------------------------------------------------------

/**
 * An op of the library: its inputs by the names that `engine/fused` uses (an empty tensor where one is absent), and the attribute
 * that its number comes from.
 */
interface FusedOp {
  readonly op: string
  readonly inputs: ReadonlyArray<string>
  readonly outputs: number
  readonly number?: (attrs: tf.NamedAttrMap | undefined) => number
  /** Matrices by their handles (attributes `matrices` and `type`), which follow the first input. */
  readonly matrices?: boolean
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
  [fusedNames.rowsProduct]: {
    op: 'SafeRowsProduct',
    inputs: ['x'],
    outputs: 1,
    matrices: true,
    number: (attrs) => (attrs?.['rounded'] === true ? 1 : 0),
  },
  [fusedNames.decoderLayer]: {
    op: 'SafeDecoderLayer',
    inputs: [
      'x',
      ...layerModules.map((module) => `${module}Bias`),
      ...['inputNorm', 'queryNorm', 'keyNorm', 'afterAttention', 'mlpNorm', 'afterMlp'],
      ...['cos', 'sin', 'keys', 'values', 'mask', 'numbers'],
    ],
    outputs: 1,
    matrices: true,
  },
  [fusedNames.tokenScores]: { op: 'SafeTokenScores', inputs: ['logits', 'id'], outputs: 2 },
  [fusedNames.largestLogit]: { op: 'SafeLargestLogit', inputs: ['logits'], outputs: 2 },
}

const isFusedName = (name: string): name is FusedName => Object.values(fusedNames).some((n) => n === name)

// running ----------------------------------------------------------------------------------------

const isHandles = (u: unknown): u is ReadonlyArray<number> =>
  Array.isArray(u) && u.every((x) => typeof x === 'number')

/** Handles of the inputs in the op's order. */
const inputHandles = (
  engine: NativeBackend,
  { inputs, matrices }: FusedOp,
  given: tf.NamedTensorInfoMap,
  attrs: tf.NamedAttrMap | undefined,
  nothing: () => number,
): ReadonlyArray<number> => {
  const own = inputs.map((key) => {
    const input = given[key]
    return input === undefined ? nothing() : (engine.getInputTensorIds([input])[0] ?? nothing())
  })
  const handles = attrs?.['matrices']
  return matrices === true && isHandles(handles) ? [...own.slice(0, 1), ...handles, ...own.slice(1)] : own
}

/** The empty tensor of an engine: made once, and used for all inputs that are absent. */
const emptyOf = (engine: NativeBackend): (() => number) => {
  const state: { handle?: number } = {}
  return () =>
    (state.handle ??= engine.binding.createTensor([0], engine.binding.TF_FLOAT, new Float32Array(0)))
}

// registering ------------------------------------------------------------------------------------

const isLibrary = (u: unknown): boolean =>
  typeof u === 'object' && u !== null && 'registered' in u && u.registered === true

/** Registers the ops of the loaded library; `library` is undefined if the engine was built without one. */
export const registerFused = (library: unknown): void => {
  if (!isLibrary(library)) return
  for (const [name, description] of Object.entries(ops)) {
    if (!isFusedName(name)) continue
    if (registeredKernel(name, backendName) !== undefined) continue
    const { op, outputs, number, matrices } = description
    const state: { nothing?: () => number } = {}
    tf.registerKernel({
      kernelName: name,
      backendName,
      kernelFunc: ({ inputs: given, attrs }) => {
        const engine = currentBackend()
        const { binding } = engine
        const nothing = (state.nothing ??= emptyOf(engine))
        const attributes: ReadonlyArray<OpAttribute> = [
          ...(number === undefined
            ? []
            : [{ name: 'number', type: binding.TF_ATTR_FLOAT, value: number(attrs) }]),
          ...(matrices === true ? [typeAttribute(engine, 'T', Number(attrs?.['type']))] : []),
        ]
        const made = binding
          .executeOp(op, attributes, inputHandles(engine, description, given, attrs, nothing), outputs)
          .map((raw) => engine.createOutputTensor(raw))
        const [only] = made
        return made.length === 1 && only !== undefined ? only : made
      },
    })
  }
}
