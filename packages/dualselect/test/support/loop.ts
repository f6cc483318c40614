/** The training loop's part of the bargain, in plain numbers: warm-up, epochs, clipping, AdamW, freeing, checkpoints. */
import type { Example, Phase, RuleNote, RuleState, UpdateRule } from '@safe/tensor-core/contracts'
import type { Vector } from './countingSpace'
import type { LowRank } from './lowRank'

export interface Plan {
  readonly batchSize: number
  readonly epochs: number
  readonly lr: number
  readonly clip: number
  readonly weightDecay?: number
  /** After each of these steps the state is written to plain numbers and read back. */
  readonly roundTripAt?: ReadonlyArray<number>
}

export interface Trained {
  readonly theta: ReadonlyArray<number>
  readonly notes: ReadonlyArray<RuleNote>
  readonly gradients: ReadonlyArray<ReadonlyArray<number>>
  readonly failed: boolean
}

const batches = (n: number, size: number): number[][] =>
  Array.from({ length: Math.ceil(n / size) }, (_, b) =>
    Array.from({ length: Math.min(size, n - b * size) }, (_, i) => b * size + i),
  )

export const train = async (
  model: LowRank,
  rule: UpdateRule<Vector>,
  data: ReadonlyArray<Example>,
  plan: Plan,
): Promise<Trained> => {
  const { space } = model.oracle
  const notes: RuleNote[] = []
  const gradients: number[][] = []
  let state = rule.initial
  let m = model.theta.values.map(() => 0)
  let v = model.theta.values.map(() => 0)
  let step = 0
  const replace = (next: RuleState<Vector>): void => {
    const kept = new Set(Object.values(next.vectors))
    for (const old of Object.values(state.vectors)) if (!kept.has(old)) space.free(old)
    state = next
  }
  const roundTrip = (): void => {
    const numbers = JSON.parse(JSON.stringify(state.numbers)) as RuleState<Vector>['numbers']
    const vectors = Object.fromEntries(
      Object.entries(state.vectors).map(([k, x]) => [k, space.fromHost(space.toHost(x))]),
    )
    replace({ vectors, numbers })
  }
  const all = batches(data.length, plan.batchSize)
  const trainingSteps = rule.warmupSteps + plan.epochs * all.length
  const one = async (rows: number[], phase: Phase, epoch: number, epochStart: boolean): Promise<boolean> => {
    const parameters = model.make(model.theta.values)
    const result = await rule.step(state, {
      phase,
      epoch,
      step,
      trainingSteps,
      epochStart,
      batch: rows.map((i) => data[i]!),
      indices: rows,
      parameters: () => parameters,
    })()
    space.free(parameters)
    if (result._tag === 'Left') return false
    const update = result.right
    notes.push(...update.notes)
    const g = [...model.read(update.gradient)]
    gradients.push(g)
    space.free(update.gradient)
    replace(update.state)
    const norm = Math.sqrt(g.reduce((s, x) => s + x * x, 0))
    const k = Math.min(1, plan.clip / (norm + 1e-6))
    step += 1
    m = m.map((x, i) => 0.9 * x + 0.1 * k * g[i]!)
    v = v.map((x, i) => 0.999 * x + 0.001 * (k * g[i]!) ** 2)
    model.theta.values = model.theta.values.map((x, i) => {
      const decayed = x * (1 - plan.lr * (plan.weightDecay ?? 0))
      const [mHat, vHat] = [m[i]! / (1 - 0.9 ** step), v[i]! / (1 - 0.999 ** step)]
      return decayed - (plan.lr * mHat) / (Math.sqrt(vHat) + 1e-8)
    })
    if (plan.roundTripAt?.includes(step) === true) roundTrip()
    return true
  }
  const run = async (): Promise<boolean> => {
    for (let w = 0; w < rule.warmupSteps; w++)
      if (!(await one(all[w % all.length]!, 'warmup', 0, false))) return false
    for (let epoch = 0; epoch < plan.epochs; epoch++) {
      for (const [b, rows] of all.entries()) if (!(await one(rows, 'train', epoch, b === 0))) return false
      const ended = await rule.endEpoch(state, epoch)()
      if (ended._tag === 'Left') return false
      replace(ended.right)
    }
    for (let c = 0; c < (rule.closingSteps ?? 0); c++)
      if (!(await one(all[c % all.length]!, 'closing', plan.epochs, false))) return false
    return true
  }
  const ok = await run()
  const last = model.make(model.theta.values)
  const deployed = ok ? rule.deployed?.(state, last) : undefined
  if (deployed !== undefined) {
    model.theta.values = [...model.read(deployed)]
    space.free(deployed)
  }
  space.free(last)
  Object.values(state.vectors).forEach(space.free)
  return { theta: model.theta.values, notes, gradients, failed: !ok }
}
