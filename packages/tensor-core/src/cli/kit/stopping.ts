/** How a signal stops a command: the first one asks it to stop, a later one ends the process. */

/**
 * Signals so close together are one, milliseconds: npm passes on to a command what the terminal has sent to it as well, and a job scheduler
 * signals a script and the processes in it. Without this the second would end the command before it has put things in order.
 */
const asOneMs = 1000

/** A handler of signals. @param exit ends the process */
export const stopping = (abort: AbortController, exit: () => void): (() => void) => {
  const first = { at: 0 }
  return () => {
    const now = performance.now()
    if (abort.signal.aborted) {
      if (now - first.at > asOneMs) exit()
      return
    }
    first.at = now
    abort.abort()
  }
}
