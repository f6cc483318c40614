/**
 * Long work is one chain of microtasks: an engine's read-back is ready at once. Where the event loop is not let round between
 * steps, a signal is heard only when all is done.
 */

/** Lets the event loop go round: signals and timers are served. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
