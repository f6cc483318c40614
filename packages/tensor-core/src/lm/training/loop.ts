/**
 * The training loop: batches through an update rule to a gradient, clipped, into AdamW. Resumes exactly: a step is a pure
 * function of the checkpoint before it.
 */
import * as E from 'fp-ts/Either'
import * as O from 'fp-ts/Option'
import type * as TE from 'fp-ts/TaskEither'
import {
  type Example,
  type Fault,
  type LmError,
  type RuleState,
  type UpdateRule,
  badInput,
  causeLine,
  failure,
  interrupted,
} from '../../contracts'
import { tf } from '../../engine'
import { type AdamWState, adamWStart, adamWStep, clipped, disposeAdamW } from './adamw'
import { type Checkpoint, readCheckpoint, writeCheckpoint } from './checkpoint'
import { type LogRow, openLog } from './log'
import { deviceSpace } from './oracle'
import { type PlannedStep, planOf } from './plan'
import type { TrainingRecipe } from './recipe'
import type { RunRecord } from './record'
import { scheduleFactor } from './schedule'
import { turn } from '../turn'

// model ------------------------------------------------------------------------------------------

export interface LoopSettings {
  readonly start: Float32Array
  readonly rows: ReadonlyArray<Example>
  /** Response tokens and all tokens of a row. */
  readonly tokenCounts: (row: Example) => { readonly response: number; readonly all: number }
  /** The numbers rows have in the file they came from. */
  readonly rowNumbers: ReadonlyArray<number>
  readonly recipe: TrainingRecipe
  readonly seed: number
  readonly rule: UpdateRule<tf.Tensor>
  /** Receives the parameters whenever they change; the loop keeps owning them. */
  readonly publish: (parameters: tf.Tensor) => void
  /** Everything that decides the run. */
  readonly run: RunRecord
  readonly out?: string
  readonly checkpointEvery?: number
  readonly resume?: boolean
  readonly log?: string
  readonly ruleLog?: string
  readonly signal?: AbortSignal
  readonly onStart?: (totalSteps: number, doneSteps: number) => void
  readonly onStep?: (row: LogRow) => void
  readonly onNote?: (note: Readonly<Record<string, unknown>>) => void
}

type LoopError = LmError | Fault

interface LoopState {
  readonly adam: AdamWState
  readonly rule: RuleState<tf.Tensor>
}

// state ------------------------------------------------------------------------------------------

const RULE = 'rule.'

const freshState = (s: LoopSettings): LoopState => ({
  adam: adamWStart(tf.tensor1d(s.start)),
  rule: s.rule.initial,
})

const restored = (c: Checkpoint): LoopState => {
  const vector = (name: string): tf.Tensor => tf.tensor1d(c.vectors[name] ?? new Float32Array(0))
  return {
    adam: { parameters: vector('parameters'), m: vector('m'), v: vector('v'), step: c.step },
    rule: {
      vectors: Object.fromEntries(
        Object.keys(c.vectors)
          .filter((name) => name.startsWith(RULE))
          .map((name) => [name.slice(RULE.length), vector(name)]),
      ),
      numbers: c.numbers,
    },
  }
}

const snapshot = (s: LoopSettings, state: LoopState): Checkpoint => {
  const host = deviceSpace(s.start.length).toHost
  return {
    step: state.adam.step,
    run: s.run,
    numbers: state.rule.numbers,
    vectors: {
      parameters: host(state.adam.parameters),
      m: host(state.adam.m),
      v: host(state.adam.v),
      ...Object.fromEntries(
        Object.entries(state.rule.vectors).map(([name, g]) => [`${RULE}${name}`, host(g)]),
      ),
    },
  }
}

/** Frees the vectors that the next state no longer holds. */
const freeGone = (before: RuleState<tf.Tensor>, after: RuleState<tf.Tensor>): void => {
  const kept = new Set(Object.values(after.vectors))
  for (const g of Object.values(before.vectors)) if (!kept.has(g)) g.dispose()
}

// one step ---------------------------------------------------------------------------------------

interface StepResult {
  readonly rule: RuleState<tf.Tensor>
  readonly gradient: tf.Tensor
  readonly loss: number
  readonly examples: number
  readonly tokens: number
  readonly notes: ReadonlyArray<Readonly<Record<string, unknown>>>
}

/** Loss of one batch under the recipe's kind, rows weighted as the rule weighted them. */
const batchLoss = (
  s: LoopSettings,
  batch: ReadonlyArray<Example>,
  losses: Float32Array,
  weights: Float32Array,
): number => {
  let [sum, total] = [0, 0]
  batch.forEach((row, i) => {
    const w = (weights[i] ?? 0) * (s.recipe.loss === 'example' ? 1 : s.tokenCounts(row).response)
    sum += w * (losses[i] ?? 0)
    total += w
  })
  return total === 0 ? 0 : sum / total
}

const takeStep = async (
  s: LoopSettings,
  state: LoopState,
  planned: PlannedStep,
): Promise<E.Either<LoopError, StepResult>> => {
  let rule = state.rule
  let gradient: tf.Tensor | undefined
  let [loss, examples, tokens] = [0, 0, 0]
  const notes: Array<Readonly<Record<string, unknown>>> = []
  for (const [micro, numbers] of planned.batches.entries()) {
    const batch = numbers.flatMap((n) => s.rows[n] ?? [])
    const result = await s.rule.step(rule, {
      phase: planned.phase,
      epoch: planned.epoch,
      step: state.adam.step,
      epochStart: planned.epochStart && micro === 0,
      batch,
      indices: numbers.map((n) => s.rowNumbers[n] ?? n),
    })()
    if (E.isLeft(result)) {
      // What earlier batches of this step have made; the caller frees the state it gave.
      gradient?.dispose()
      freeGone(rule, state.rule)
      return result
    }
    const update = result.right
    if (rule !== update.state) freeGone(rule, update.state)
    rule = update.state
    notes.push(...update.notes)
    loss += batchLoss(s, batch, update.losses, update.weights) / planned.batches.length
    examples += batch.length
    tokens += batch.reduce((sum, row) => sum + s.tokenCounts(row).all, 0)
    if (gradient === undefined) gradient = update.gradient
    else {
      const sum: tf.Tensor = tf.add(gradient, update.gradient)
      tf.dispose([gradient, update.gradient])
      gradient = sum
    }
  }
  const total = gradient ?? tf.zeros([s.start.length])
  if (planned.batches.length === 1) return E.right({ rule, gradient: total, loss, examples, tokens, notes })
  const mean = tf.mul(total, 1 / planned.batches.length)
  total.dispose()
  return E.right({ rule, gradient: mean, loss, examples, tokens, notes })
}

const diverged = (step: number, planned: PlannedStep, s: LoopSettings, what: string): LoopError =>
  failure('TrainingDiverged', `${what} at step ${step}`, {
    where: `rows ${planned.batches
      .flat()
      .map((n) => s.rows[n]?.id ?? n)
      .slice(0, 8)
      .join(', ')}`,
    remedy: 'lower --lr, or look at these rows',
  })

// the loop ---------------------------------------------------------------------------------------

/** Trains and gives the final parameters on the host; every tensor it made is freed. */
export const trainLoop =
  (s: LoopSettings): TE.TaskEither<LoopError, Float32Array> =>
  async () => {
    if (s.rows.length === 0)
      return E.left(
        badInput('EmptyData', 'holds no row to train on', { remedy: 'check the data and --max-length' }),
      )
    const found =
      s.resume === true && s.out !== undefined
        ? await readCheckpoint(s.out, s.run)()
        : E.right<LoopError, O.Option<Checkpoint>>(O.none)
    if (E.isLeft(found)) return found
    const doneSteps = O.isSome(found.right) ? found.right.value.step : 0
    const opened = [openLog(s.log, doneSteps), openLog(s.ruleLog, doneSteps)] as const
    if (E.isLeft(opened[0])) return opened[0]
    if (E.isLeft(opened[1])) return opened[1]
    const [log, ruleLog] = [opened[0].right, opened[1].right]
    let state = O.isSome(found.right) ? restored(found.right.value) : freshState(s)
    const space = deviceSpace(s.start.length)
    const plan = planOf(s.rows.length, s.recipe, s.rule.warmupSteps, s.seed, (n) => {
      const row = s.rows[n]
      return row === undefined ? 0 : s.tokenCounts(row).all
    })
    const save = async (): Promise<E.Either<LoopError, void>> =>
      s.out === undefined ? E.right(undefined) : writeCheckpoint(s.out, snapshot(s, state))()
    s.publish(state.adam.parameters)
    s.onStart?.(plan.totalSteps, state.adam.step)
    try {
      while (state.adam.step < plan.totalSteps) {
        await turn()
        const { step } = state.adam
        if (s.signal?.aborted === true) {
          const saved = s.checkpointEvery === undefined ? E.right(undefined) : await save()
          if (E.isLeft(saved)) return saved
          return E.left(
            interrupted('Interrupted', `stopped before step ${step} of ${plan.totalSteps}`, {
              remedy:
                s.checkpointEvery === undefined
                  ? 'run again; --checkpoint-every N keeps what is done'
                  : 'the same command with --resume goes on',
            }),
          )
        }
        const started = performance.now()
        const planned = plan.at(step)
        const result = await takeStep(s, state, planned)
        if (E.isLeft(result)) return result
        const { gradient, loss, examples, tokens, notes } = result.right
        const gradNorm = Math.sqrt(space.dot(gradient, gradient))
        if (!Number.isFinite(loss) || !Number.isFinite(gradNorm)) {
          gradient.dispose()
          state = { ...state, rule: result.right.rule }
          return E.left(
            diverged(
              step,
              planned,
              s,
              Number.isFinite(loss) ? 'the gradient is not finite' : 'the loss is not finite',
            ),
          )
        }
        const lr =
          s.recipe.lr * scheduleFactor(s.recipe.schedule, s.recipe.warmupSteps, plan.totalSteps, step)
        const limited = clipped(gradient, gradNorm, s.recipe.clip)
        const adam = adamWStep({ ...s.recipe, epsilon: 1e-8 }, state.adam, limited, lr)
        tf.dispose([gradient, limited])
        state = { adam, rule: result.right.rule }
        s.publish(adam.parameters)
        if (planned.epochEnd) {
          const ended = await s.rule.endEpoch(state.rule, planned.epoch)()
          if (E.isLeft(ended)) return ended
          freeGone(state.rule, ended.right)
          state = { adam, rule: ended.right }
        }
        const row: LogRow = {
          step,
          loss,
          gradNorm,
          lr,
          examples,
          tokens,
          seconds: (performance.now() - started) / 1000,
        }
        log({ ...row })
        notes.forEach((note) => {
          ruleLog(note)
          s.onNote?.(note)
        })
        s.onStep?.(row)
        if (
          s.checkpointEvery !== undefined &&
          adam.step % s.checkpointEvery === 0 &&
          adam.step < plan.totalSteps
        ) {
          const saved = await save()
          if (E.isLeft(saved)) return saved
        }
      }
      return E.right(space.toHost(state.adam.parameters))
    } catch (cause) {
      return E.left(failure('ModelFailed', causeLine(cause), { where: `step ${state.adam.step}` }))
    } finally {
      disposeAdamW(state.adam)
      freeGone(state.rule, { vectors: {}, numbers: {} })
    }
  }
