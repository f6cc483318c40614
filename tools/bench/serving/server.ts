/** `alignbeam serve` in a process of its own, from its sources. */
import { type ChildProcess, spawn } from 'node:child_process'
import { fromSource } from '../../fromSource'
import type { Pair } from './models'

/** A server that listens. */
export interface Server {
  readonly url: string
  readonly stop: () => Promise<void>
}

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => child.once('exit', () => resolve()))

/** Starts it on a free port, with the parts served for comparison. */
export const startServer = (
  { draft, anchor }: Pair,
  engine: string,
  more: ReadonlyArray<string>,
): Promise<Server> =>
  new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [
        ...fromSource('packages/alignbeam/src/bin/alignbeam.ts'),
        'serve',
        ...['--draft', draft, '--anchor', anchor, '--engine', engine],
        ...['--port', '0', '--ui', '--support', 'union', '--max-concurrency', '64'],
        ...more,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    )
    const state = { said: '' }
    child.stderr.on('data', (chunk: Buffer) => {
      state.said += chunk.toString('utf8')
      const url = /(http:\/\/\S+:\d+)/.exec(state.said)?.[1]
      if (url !== undefined && /ready/.test(state.said))
        resolve({
          url,
          stop: async () => {
            child.kill('SIGTERM')
            await ended(child)
          },
        })
    })
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${state.said}`)))
  })
