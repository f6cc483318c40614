/** The exports of kernels.wasm (sources: tools/wasm), as types. */

// model ------------------------------------------------------------------------------------------

/** Pointers are byte addresses, strides are in floats. */
export interface Kernels {
  readonly scratchFloats: (k: number, n: number) => number
  readonly products: (
    a: number,
    strideA: number,
    b: number,
    strideB: number,
    base: number,
    out: number,
    batch: number,
    m: number,
    k: number,
    n: number,
    transposeA: number,
    transposeB: number,
    scratch: number,
  ) => void
  readonly copyBlocks: (
    from: number,
    fromStride: number,
    to: number,
    toStride: number,
    floats: number,
    count: number,
  ) => void
  readonly swapBlocks: (from: number, to: number, outer: number, a: number, b: number, floats: number) => void
  readonly gatherBlocks: (
    from: number,
    indices: number,
    count: number,
    to: number,
    outer: number,
    size: number,
    floats: number,
  ) => number
  readonly sumSegments: (
    from: number,
    segments: number,
    count: number,
    to: number,
    size: number,
    floats: number,
  ) => void
  readonly exponentials: (from: number, to: number, count: number) => void
  readonly logarithms: (from: number, to: number, count: number) => void
  readonly add: EntryWise
  readonly subtract: EntryWise
  readonly multiply: EntryWise
  readonly divide: EntryWise
  readonly sumRows: (from: number, to: number, rows: number, width: number, divisor: number) => void
  readonly sumColumns: (
    from: number,
    to: number,
    outer: number,
    rows: number,
    width: number,
    divisor: number,
  ) => void
  readonly rmsNorm: (
    x: number,
    gain: number,
    y: number,
    scale: number,
    rows: number,
    width: number,
    epsilon: number,
  ) => void
  readonly rmsNormPullback: (
    dy: number,
    x: number,
    scale: number,
    gain: number,
    dx: number,
    rows: number,
    width: number,
  ) => void
  readonly scaleRows: (x: number, scale: number, gain: number, y: number, rows: number, width: number) => void
  readonly rotate: (
    x: number,
    cos: number,
    sin: number,
    rowStride: number,
    y: number,
    rows: number,
    length: number,
    heads: number,
    half: number,
    back: number,
  ) => void
  readonly gated: (gate: number, sigmoid: number, up: number, y: number, count: number) => void
  readonly gatedPullback: (
    gate: number,
    sigmoid: number,
    up: number,
    dy: number,
    dGate: number,
    dUp: number,
    count: number,
  ) => void
  readonly softmaxPullback: (
    dWeights: number,
    weights: number,
    factor: number,
    dScores: number,
    rows: number,
    width: number,
  ) => void
  readonly crossEntropy: (
    logits: number,
    ids: number,
    weights: number,
    losses: number,
    dLogits: number,
    rows: number,
    width: number,
  ) => void
  readonly adamW: (
    p: number,
    m: number,
    v: number,
    g: number,
    toP: number,
    toM: number,
    toV: number,
    count: number,
    beta1: number,
    rest1: number,
    beta2: number,
    rest2: number,
    decay: number,
    root: number,
    epsilon: number,
    rate: number,
  ) => void
}

/** Three outer axes and the innermost, whose stride is 1, or 0 for an operand that is repeated. */
type EntryWise = (
  a: number,
  a0: number,
  a1: number,
  a2: number,
  stepA: number,
  b: number,
  b0: number,
  b1: number,
  b2: number,
  stepB: number,
  out: number,
  n0: number,
  n1: number,
  n2: number,
  n: number,
) => void

// decoding ---------------------------------------------------------------------------------------

const names = [
  'products',
  'scratchFloats',
  'copyBlocks',
  'swapBlocks',
  'gatherBlocks',
  'sumSegments',
  'exponentials',
  'logarithms',
  'add',
  'subtract',
  'multiply',
  'divide',
  'sumRows',
  'sumColumns',
  'rmsNorm',
  'rmsNormPullback',
  'scaleRows',
  'rotate',
  'gated',
  'gatedPullback',
  'softmaxPullback',
  'crossEntropy',
  'adamW',
] as const satisfies ReadonlyArray<keyof Kernels>

/** Whether the exports of a module are these kernels. */
export const isKernels = (u: object): u is Kernels => {
  const exported = new Map(Object.entries(u))
  return names.every((name) => typeof exported.get(name) === 'function')
}
