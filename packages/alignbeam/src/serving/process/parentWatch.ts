/**
 * Ends this process when its parent is gone, even while the event loop is blocked: a thread looks once a second. Without it a long
 * step, or one that never ends, would keep the device of a server that was killed.
 */
import { Worker } from 'node:worker_threads'

/** Plain JavaScript, so that the thread needs no loader. */
const source = `
const { workerData } = require('node:worker_threads')
setInterval(() => {
  if (process.ppid !== workerData.parent) process.kill(process.pid, 'SIGKILL')
}, 1000)`

export const watchParent = (): void => {
  new Worker(source, { eval: true, execArgv: [], workerData: { parent: process.ppid } }).unref()
}
