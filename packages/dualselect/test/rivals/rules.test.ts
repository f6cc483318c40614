/** The rivals as rules: special cases, errors, what they record, and that they free what they make. */
import * as E from 'fp-ts/Either'
import {
  type Diagnostics,
  type StepContext,
  type TrainingDefence,
  plainRule,
} from '@safe/tensor-core/contracts'
import { ema, lisa, safetyAfter } from '../../src'
import type { Vector } from '../support/countingSpace'
import { train } from '../support/loop'
import { type RivalName, rivalNamed } from '../support/rivals'
import { dataset, defended, model, rows } from '../support/world'

const plan = { batchSize: 4, epochs: 2, lr: 0.02, clip: 1 }
const task = rows(5, 10)
const safe = dataset('safe', rows(6, 7))
const resources = { safe, seed: 3 }
const names: ReadonlyArray<RivalName> = ['safegrad', 'safety-after', 'constrained-sft', 'lisa', 'ema']
const few = { 'safety-after': { steps: 3 }, lisa: { safeSteps: 2, taskSteps: 2 } }
const optionsOf = (name: RivalName) => (name === 'safety-after' || name === 'lisa' ? few[name] : {})

const trained = async (defence: TrainingDefence): Promise<ReadonlyArray<number>> => {
  const on = model({ keepsInitial: true })
  const got = await train(on, await defended(defence, on), task, plan)
  expect([got.failed, on.alive()]).toEqual([false, 0])
  return got.theta
}
const plainly = async (): Promise<ReadonlyArray<number>> => {
  const on = model()
  return (await train(on, plainRule(on.oracle), task, plan)).theta
}

// identities -------------------------------------------------------------------------------------

describe('special cases', () => {
  it('an average that keeps nothing is plain training, one that keeps everything the start', async () => {
    expect(await trained(ema({ decay: 0 }))).toEqual(await plainly())
    expect(await trained(ema({ decay: 1 }))).toEqual(model().theta.values)
  })

  it('a share without the proximal term is lisa without it', async () => {
    const turn = { safeSteps: 2, taskSteps: 2 }
    const free = await trained(lisa({ ...turn, rho: 0 }, resources))
    expect(await trained(lisa({ ...turn, rho: 5, warmup: 1 }, resources))).toEqual(free)
    expect(await trained(lisa({ ...turn, rho: 5, warmup: 0 }, resources))).not.toEqual(free)
  })

  it('safe steps at the end leave the steps before them as they are', async () => {
    const on = model()
    const got = await train(on, await defended(safetyAfter({ steps: 2 }, resources), on), task, plan)
    const bare = model()
    const plain = await train(bare, plainRule(bare.oracle), task, plan)
    expect(got.gradients.slice(0, 6)).toEqual(plain.gradients)
    expect(got.gradients).toHaveLength(8)
  })

  it('two of them take their steps in turn', async () => {
    const on = model()
    const inner = await defended(safetyAfter({ steps: 2 }, { ...resources, order: 'file' }), on)
    const outer = await safetyAfter({ steps: 1 }, { safe: dataset('s', rows(9, 3)), seed: 3 }).apply(
      inner,
      on.oracle,
    )()
    if (E.isLeft(outer)) throw new Error(outer.left.message)
    expect(outer.right.closingSteps).toBe(3)
    const got = await train(on, outer.right, task, plan)
    expect([got.failed, got.gradients.length, on.alive()]).toEqual([false, 9, 0])
  })

  it('of a step of several batches the average takes the parameters once, and lisa turns once', async () => {
    const on = model()
    const at = (step: number, theta: Vector): StepContext<Vector> => ({
      ...{ phase: 'train', epoch: 0, step, trainingSteps: 4, epochStart: false },
      ...{ batch: task.slice(0, 2), indices: [0, 1], parameters: () => theta },
    })
    for (const defence of [ema({ decay: 0.5 }), lisa({ safeSteps: 1, taskSteps: 1 }, resources)]) {
      const rule = await defended(defence, on)
      const theta = on.make(on.theta.values.map((x) => x + 1))
      const states = [rule.initial]
      for (const step of [0, 1, 1]) {
        const update = await rule.step(states.at(-1)!, at(step, theta))()
        if (E.isLeft(update)) throw new Error(update.left.message)
        on.oracle.space.free(update.right.gradient)
        states.push(update.right.state)
      }
      const [, , once, twice] = states
      expect(twice!.vectors).toEqual(once!.vectors)
      expect(Object.values(twice!.vectors)[0]).toBe(Object.values(once!.vectors)[0])
    }
  })
})

// errors -----------------------------------------------------------------------------------------

describe('what is missing is said', () => {
  const none = { safe: dataset('safe.jsonl', []), seed: 1 }
  const refusal = async (defence: TrainingDefence, keepsInitial = true): Promise<unknown> => {
    const on = model({ keepsInitial })
    const applied = await defence.apply(plainRule(on.oracle), on.oracle)()
    return E.isLeft(applied) ? applied.left : undefined
  }

  it.each(['safegrad', 'safety-after', 'lisa'] as const)('%s without safe rows', async (name) => {
    expect(await refusal(rivalNamed(name, {}, none))).toMatchObject({
      ...{ _tag: 'EmptySafeRows', kind: 'input', where: 'safe.jsonl', message: 'holds no row' },
    })
  })

  it.each(['safegrad', 'constrained-sft'] as const)('%s without an initial model', async (name) => {
    expect(await refusal(rivalNamed(name, {}, resources), false)).toMatchObject({
      ...{ _tag: 'InitialModelMissing', kind: 'input', where: name },
    })
  })

  it('constrained-sft after another method', async () => {
    const on = model({ keepsInitial: true })
    const averaged = await defended(ema(), on)
    expect(await rivalNamed('constrained-sft', {}, resources).apply(averaged, on.oracle)()).toMatchObject({
      left: { _tag: 'DefenceOrder', message: 'replaces the loss, so it cannot come after ema(plain)' },
    })
  })

  it.each(names)('%s: an impossible option', async (name) => {
    const option = { lisa: 'rho', ema: 'decay', safegrad: 'rho', 'safety-after': 'steps' }
    const field = name === 'constrained-sft' ? 'beta' : option[name]
    expect(await refusal(rivalNamed(name, { [field]: -1 }, resources))).toMatchObject({
      ...{ _tag: 'BadOption', field },
    })
  })

  it.each(names)('%s frees what it made where a pass fails', async (name) => {
    for (const failAt of [0, 1, 2, 3, 5, 8]) {
      const on = model({ keepsInitial: true, failAt })
      const rule = await defended(rivalNamed(name, optionsOf(name), resources), on)
      const got = await train(on, rule, task, plan)
      expect([name, failAt, on.alive()]).toEqual([name, failAt, 0])
      if (failAt < 5) expect(got.failed).toBe(true)
    }
  })
})

// diagnostics ------------------------------------------------------------------------------------

describe('what was done is recorded', () => {
  // Two epochs of batches of 4, 4 and 2 rows.
  it.each([
    ['safegrad', { stepsOfNoise: 1, extraForwardPasses: 40 }],
    ['safety-after', { safeBatches: 3, safeRows: 10 }],
    ['constrained-sft', { extraForwardPasses: 20 }],
    ['lisa', { safeBatches: 4, taskBatches: 2, phases: 3, proximalBatches: 5 }],
    ['ema', { shareOfStart: 0.995 ** 6 }],
  ] as const)('%s', async (name, expected) => {
    const seen: Diagnostics[] = []
    await trained(rivalNamed(name, optionsOf(name), resources, (v) => seen.push(v)))
    expect(seen.at(-1)).toMatchObject(expected)
    for (const value of Object.values(seen.at(-1)!)) expect(value).toEqual(expect.any(Number))
  })
})
