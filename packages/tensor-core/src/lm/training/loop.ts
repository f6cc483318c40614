/**
 * The training loop: batches through an update rule to a gradient, clipped, into AdamW. Resumes exactly: a step is a pure
 * function of the checkpoint before it.
 */
import * as E from 'fp-ts/Either'
import * as O from 'fp-ts/Option'
import type * as TE from 'fp-ts/TaskEither'
import { type Fault, type LmError, badInput, causeLine, failure, interrupted } from '../../contracts'
import { turn } from '../turn'
import { adamWStep, clipFactor } from './adamw'
import { type Checkpoint, readCheckpoint, writeCheckpoint } from './checkpoint'
import { deviceSpace } from './deviceSpace'
import { type LogRow, openLog } from './log'
import type { LoopSettings } from './loopSettings'
import { disposeState, freeGone, freshState, restored, snapshot } from './loopState'
import { type PlannedStep, planOf } from './plan'
import { rateFactor } from './schedule'
import { takeStep } from './step'

// faults -----------------------------------------------------------------------------------------

const emptyData: LmError = badInput('EmptyData', 'holds no row to train on', {
  remedy: 'check the data and `maxLength`',
})

const diverged = (
  step: number,
  planned: PlannedStep,
  { rows }: Pick<LoopSettings, 'rows'>,
  what: string,
): LmError =>
  failure('TrainingDiverged', `${what} at step ${step}`, {
    where: `rows ${planned.batches
      .flat()
      .map((n) => rows[n]?.id ?? n)
      .slice(0, 8)
      .join(', ')}`,
    remedy: 'lower `lr`, or look at these rows',
  })

const stopped = (step: number, total: number, checkpoints: boolean): LmError =>
  interrupted('Interrupted', `stopped before step ${step} of ${total}`, {
    remedy: checkpoints
      ? 'the same run with `resume` continues'
      : 'run again; `checkpointEvery` N keeps what is done',
  })

// the loop ---------------------------------------------------------------------------------------

/** Trains and gives the final parameters on the host; every tensor it made is freed. */
export const trainLoop =
  <Err extends Fault>(s: LoopSettings<Err>): TE.TaskEither<LmError | Err, Float32Array> =>
  async () => {
    if (s.rows.length === 0) return E.left(emptyData)
    const found =
      s.resume === true && s.out !== undefined
        ? await readCheckpoint(s.out, s.run)()
        : E.right<LmError, O.Option<Checkpoint>>(O.none)
    if (E.isLeft(found)) return found
    const doneSteps = O.isSome(found.right) ? found.right.value.step : 0
    const opened = [openLog(s.log, doneSteps), openLog(s.ruleLog, doneSteps)] as const
    if (E.isLeft(opened[0])) return opened[0]
    if (E.isLeft(opened[1])) return opened[1]
    const [log, ruleLog] = [opened[0].right, opened[1].right]
    let state = O.isSome(found.right) ? restored(found.right.value) : freshState(s)
    const space = deviceSpace(s.start.length)
    const plan = planOf(s.recipe, {
      rows: s.rows.length,
      warmupSteps: s.rule.warmupSteps,
      ...(s.rule.closingSteps === undefined ? {} : { closingSteps: s.rule.closingSteps }),
      seed: s.seed,
      lengthOf: (n) => {
        const row = s.rows[n]
        return row === undefined ? 0 : s.tokenCounts(row).all
      },
    })
    const save = async (): Promise<E.Either<LmError, void>> =>
      s.out === undefined ? E.right(undefined) : writeCheckpoint(s.out, snapshot(s, state))()
    s.publish(state.adam.parameters)
    s.onStart?.(plan.totalSteps, state.adam.step)
    try {
      while (state.adam.step < plan.totalSteps) {
        await turn()
        const { step } = state.adam
        if (s.signal?.aborted === true) {
          const saved = s.checkpointEvery === undefined ? E.right(undefined) : await save()
          return E.isLeft(saved)
            ? saved
            : E.left(stopped(step, plan.totalSteps, s.checkpointEvery !== undefined))
        }
        const started = performance.now()
        const planned = plan.at(step)
        const result = await takeStep(s, state, planned, plan.trainingSteps)
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
        const lr = s.recipe.lr * rateFactor({ ...s.recipe, ...plan }, step)
        const clip = clipFactor(gradNorm, s.recipe.clip)
        const adam = adamWStep({ ...s.recipe, epsilon: 1e-8 }, state.adam, gradient, lr, clip)
        gradient.dispose()
        state = { adam, rule: result.right.rule }
        s.publish(adam.parameters)
        if (planned.epochEnd) {
          const ended = await s.rule.endEpoch(state.rule, planned.epoch)()
          if (E.isLeft(ended)) return ended
          freeGone(state.rule, ended.right)
          state = { adam, rule: ended.right }
        }
        const seconds = (performance.now() - started) / 1000
        const row: LogRow = { step, loss, gradNorm, lr, examples, tokens, seconds }
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
      const deployed = s.rule.deployed?.(state.rule, state.adam.parameters)
      const trained = space.toHost(deployed ?? state.adam.parameters)
      deployed?.dispose()
      return E.right(trained)
    } catch (cause) {
      return E.left(failure('ModelFailed', causeLine(cause), { where: `step ${state.adam.step}` }))
    } finally {
      disposeState(state)
    }
  }
