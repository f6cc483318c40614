/**
 * Long work is one chain of microtasks, because an engine's read-back is ready at once. Unless steps yield to the event loop, a
 * signal takes effect only when all work is done.
 */

/** Yields to the event loop: signals and timers are served. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
