import { stopping } from '../src/cli/kit/stopping'

describe('signals to a command', () => {
  beforeEach(() => jest.useFakeTimers())
  afterEach(() => jest.useRealTimers())

  it('ask it to stop once, though npm or a scheduler sends the same one twice', () => {
    const abort = new AbortController()
    const exit = jest.fn()
    const stop = stopping(abort, exit)
    stop()
    expect(abort.signal.aborted).toBe(true)
    jest.advanceTimersByTime(20)
    stop()
    stop()
    expect(exit).not.toHaveBeenCalled()
  })

  it('end the process where it is asked again after a moment', () => {
    const exit = jest.fn()
    const stop = stopping(new AbortController(), exit)
    stop()
    jest.advanceTimersByTime(1500)
    stop()
    expect(exit).toHaveBeenCalledTimes(1)
  })
})
