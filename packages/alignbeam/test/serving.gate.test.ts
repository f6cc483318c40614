import * as E from 'fp-ts/Either'
import fc from 'fast-check'
import { type Job, makeGate, waitSeconds } from '../src/serving/http/gate'

/** Jobs that note when they start, and end when told. */
const jobs = () => {
  const started: Array<string> = []
  const ends = new Map<string, () => void>()
  const job =
    (name: string): Job =>
    (release) => {
      started.push(name)
      ends.set(name, release)
    }
  return { started, job, end: (name: string) => ends.get(name)?.() }
}

describe('the gate', () => {
  it('starts jobs in the order of their requests, as many as it may', () => {
    const gate = makeGate({ maxConcurrency: 2, maxQueue: 2 })
    const { started, job, end } = jobs()
    gate.enter([job('a0'), job('a1'), job('a2')])
    gate.enter([job('b')])
    expect(started).toEqual(['a0', 'a1'])
    expect(gate.state()).toEqual({ running: 2, waiting: 2 })
    expect(E.isLeft(gate.enter([job('c')]))).toBe(true)
    end('a1')
    end('a1')
    expect(started).toEqual(['a0', 'a1', 'a2'])
    expect(gate.state()).toEqual({ running: 2, waiting: 1 })
    end('a0')
    expect(started.at(-1)).toBe('b')
  })

  it('lets a request in where a place is free, without a waiting room', () => {
    const gate = makeGate({ maxConcurrency: 1, maxQueue: 0 })
    const { started, job, end } = jobs()
    expect(E.isRight(gate.enter([job('a0'), job('a1')]))).toBe(true)
    expect(E.isLeft(gate.enter([job('b')]))).toBe(true)
    end('a0')
    end('a1')
    expect(E.isRight(gate.enter([job('c')]))).toBe(true)
    expect(started).toEqual(['a0', 'a1', 'c'])
  })

  it('forgets jobs of a request that leaves', () => {
    const gate = makeGate({ maxConcurrency: 1, maxQueue: 5 })
    const { started, job, end } = jobs()
    gate.enter([job('a')])
    const leave = gate.enter([job('b0'), job('b1')])
    gate.enter([job('c')])
    if (E.isRight(leave)) leave.right()
    end('a')
    expect(started).toEqual(['a', 'c'])
    expect(gate.state()).toEqual({ running: 1, waiting: 0 })
  })

  it('estimates the wait by the mean time of jobs', () => {
    expect(waitSeconds(2, 9, 4)).toBe(5)
    expect(waitSeconds(0.001, 0, 4)).toBe(1)
    expect(waitSeconds(1000, 100, 1)).toBe(120)
    const clock = { now: 0 }
    const gate = makeGate({ maxConcurrency: 1, maxQueue: 0 }, () => clock.now)
    const { job, end } = jobs()
    for (let i = 0; i < 100; i++) {
      gate.enter([job(`${i}`)])
      clock.now += 8
      end(`${i}`)
    }
    gate.enter([job('last')])
    expect(gate.enter([job('refused')])).toEqual(E.left(8))
  })

  it('does not grow the stack where jobs end at once', () => {
    const gate = makeGate({ maxConcurrency: 1, maxQueue: 1 })
    const count = { started: 0 }
    gate.enter(
      Array.from({ length: 50_000 }, (): Job => (release) => {
        count.started += 1
        release()
      }),
    )
    expect(count.started).toBe(50_000)
    expect(gate.state()).toEqual({ running: 0, waiting: 0 })
  })

  it('runs every job of every request that entered once, never too many at a time', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 4 }),
        fc.array(fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constant('end' as const)), { maxLength: 60 }),
        (maxConcurrency, maxQueue, moves) => {
          const gate = makeGate({ maxConcurrency, maxQueue })
          const open: Array<() => void> = []
          const count = { entered: 0, started: 0 }
          for (const move of moves) {
            if (move === 'end') open.shift()?.()
            else {
              const jobs = Array.from({ length: move }, (): Job => (release) => {
                count.started += 1
                open.push(release)
              })
              if (E.isRight(gate.enter(jobs))) count.entered += move
            }
            const { running, waiting } = gate.state()
            expect(running).toBe(open.length)
            expect(running).toBeLessThanOrEqual(maxConcurrency)
            expect(waiting).toBeLessThanOrEqual(Math.max(1, maxQueue))
          }
          while (open.length > 0) open.shift()?.()
          expect(count.started).toBe(count.entered)
          expect(gate.state()).toEqual({ running: 0, waiting: 0 })
        },
      ),
    )
  })
})
