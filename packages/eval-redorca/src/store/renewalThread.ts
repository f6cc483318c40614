/**
 * A thread that renews leases: training blocks the event loop for minutes, and a lease must not end meanwhile. A process that is stopped
 * or dead renews nothing, since its threads are stopped as well.
 */
import { Worker } from 'node:worker_threads'

export interface RenewalThread<Message> {
  /** Starts the thread where it does not run. */
  readonly send: (message: Message) => void
  /** Sends it to the thread where it runs. @returns whether it does */
  readonly tell: (message: Message) => boolean
  readonly close: () => Promise<void>
}

/**
 * The thread starts with the first message; it does not keep the process from ending.
 *
 * @param source plain JavaScript, so that the thread needs no loader
 * @param data what it gets as `workerData`
 * @param onReply called with what the thread posts
 */
export const renewalThread = <Message>(
  source: string,
  data: object,
  onReply: (reply: unknown) => void = () => undefined,
): RenewalThread<Message> => {
  const state: { thread?: Worker } = {}
  const thread = (): Worker => {
    if (state.thread === undefined) {
      const made = new Worker(source, {
        eval: true,
        execArgv: [],
        env: { ...process.env },
        workerData: data,
      })
      made.on('message', onReply)
      // After the listener, which would keep the process from ending.
      made.unref()
      // Without the thread, leases end after their time; the next one starts another thread.
      made.on('error', () => {
        if (state.thread === made) delete state.thread
      })
      state.thread = made
    }
    return state.thread
  }
  return {
    send: (message) => thread().postMessage(message),
    tell: (message) => {
      state.thread?.postMessage(message)
      return state.thread !== undefined
    },
    close: async () => {
      await state.thread?.terminate()
      delete state.thread
    },
  }
}
