/** The end of a server: open requests finish, up to a limit of time, and then all connections close. */
import type * as T from 'fp-ts/Task'
import type { Connections } from './connections'

/** How often is looked whether connections have become idle. */
const pollMs = 20
/** Time for the final events of streams that are cut off. */
const finalEventsMs = 500

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const untilIdle = async ({ open }: Connections, ms: number): Promise<void> => {
  const end = performance.now() + ms
  while (open.size > 0 && performance.now() < end) await wait(pollMs)
}

/**
 * Closes a server. It listens until the open requests have ended, so that health checks still see that it is not ready.
 *
 * @param limit seconds that open requests may take
 * @param cutOff ends the work on all open requests
 */
export const drained =
  (connections: Connections, limit: number, cutOff: () => void): T.Task<void> =>
  async () => {
    const { server, open } = connections
    await untilIdle(connections, limit * 1000)
    if (open.size > 0) {
      cutOff()
      await untilIdle(connections, finalEventsMs)
    }
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeAllConnections()
    await closed
  }
