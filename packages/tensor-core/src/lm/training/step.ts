/** The gradient of one optimizer step: its batches through the update rule, averaged. */
import * as E from 'fp-ts/Either'
import type { Example, Fault, RuleNote, RuleState } from '../../contracts'
import { tf } from '../../engine'
import type { LoopSettings } from './loopSettings'
import { type LoopState, freeGone } from './loopState'
import type { PlannedStep } from './plan'

// model ------------------------------------------------------------------------------------------

/** What one step's batches made; `gradient` is the caller's to free. */
export interface StepResult {
  readonly rule: RuleState<tf.Tensor>
  readonly gradient: tf.Tensor
  /** Mean over the step's batches, nats. */
  readonly loss: number
  readonly examples: number
  readonly tokens: number
  readonly notes: ReadonlyArray<RuleNote>
}

// loss -------------------------------------------------------------------------------------------

/** Loss of one batch under the recipe's kind, rows weighted as the rule weighted them. */
const batchLoss = (
  s: Pick<LoopSettings, 'recipe' | 'tokenCounts'>,
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

// step -------------------------------------------------------------------------------------------

/** All batches of a planned step through the rule, in turn. Where one fails, what earlier ones made is freed. */
export const takeStep = async <Err extends Fault>(
  s: LoopSettings<Err>,
  state: LoopState,
  planned: PlannedStep,
  trainingSteps: number,
): Promise<E.Either<Err, StepResult>> => {
  let rule = state.rule
  let gradient: tf.Tensor | undefined
  let [loss, examples, tokens] = [0, 0, 0]
  const notes: RuleNote[] = []
  for (const [micro, numbers] of planned.batches.entries()) {
    const batch = numbers.flatMap((n) => s.rows[n] ?? [])
    const result = await s.rule.step(rule, {
      phase: planned.phase,
      epoch: planned.epoch,
      step: state.adam.step,
      trainingSteps,
      epochStart: planned.epochStart && micro === 0,
      batch,
      indices: numbers.map((n) => s.rowNumbers[n] ?? n),
      parameters: () => state.adam.parameters,
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
    const taken = update.batch ?? batch
    loss += batchLoss(s, taken, update.losses, update.weights) / planned.batches.length
    examples += taken.length
    tokens += taken.reduce((sum, row) => sum + s.tokenCounts(row).all, 0)
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
