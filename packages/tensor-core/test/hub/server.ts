/**
 * A server on this machine that speaks the hub's API: commit and list of a repository, files with ranges, large files by a redirect
 * to a second host. Faults can be set: cut answers, wrong bytes, refusals.
 */
import { createHash } from 'node:crypto'
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface RepositoryContent {
  readonly files: Readonly<Record<string, Buffer>>
  /** Names kept as large files: listed by SHA-256 and served by the second host. */
  readonly large?: ReadonlyArray<string>
  /** Revisions besides `main`. */
  readonly revisions?: Readonly<Record<string, string>>
}

export interface Request {
  readonly url: string
  readonly host: 'hub' | 'store'
  readonly authorization: string | undefined
  readonly range: string | undefined
}

/** What goes wrong, by file. */
export interface Faults {
  /** Answers that end after so many bytes; each cut uses one up. */
  cuts: Record<string, number[]>
  /** Bytes that are sent instead of the file. */
  instead: Record<string, Buffer>
  /** Status of every answer. */
  status?: number
  /** Entries that are added to the list. */
  listed: ReadonlyArray<unknown>
  /** The list never ends: every page is empty and has a next one. */
  endless?: boolean
  /** The store ignores ranges. */
  whole?: boolean
}

export interface FakeHub {
  readonly endpoint: string
  readonly requests: Request[]
  faults: Faults
  readonly close: () => Promise<void>
}

export const commit = 'c'.repeat(40)
export const gitHash = (bytes: Buffer): string =>
  createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
export const noFaults = (): Faults => ({ cuts: {}, instead: {}, listed: [] })

const listening = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** @param repositories by `models/ORG/NAME` or `datasets/ORG/NAME` */
export const fakeHub = async (
  repositories: Readonly<Record<string, RepositoryContent>>,
): Promise<FakeHub> => {
  const requests: Request[] = []
  const state: { faults: Faults; store: string } = { faults: noFaults(), store: '' }

  const note = (host: Request['host'], request: IncomingMessage): void => {
    requests.push({
      url: request.url ?? '',
      host,
      authorization: request.headers.authorization,
      range: request.headers.range,
    })
  }
  const refuse = (response: ServerResponse, status: number, code?: string): void => {
    response.writeHead(status, {
      'content-type': 'application/json',
      ...(code === undefined ? {} : { 'x-error-code': code }),
    })
    response.end(JSON.stringify({ error: 'no' }))
  }
  const send = (request: IncomingMessage, response: ServerResponse, name: string, real: Buffer): void => {
    const bytes = state.faults.instead[name] ?? real
    const from =
      state.faults.whole === true ? 0 : Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
    if (from >= bytes.length && from > 0) {
      refuse(response, 416)
      return
    }
    const part = bytes.subarray(from)
    response.writeHead(from > 0 ? 206 : 200, {
      'content-length': part.length,
      etag: `"${gitHash(real)}"`,
      'x-repo-commit': commit,
      ...(from > 0 ? { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {}),
    })
    if (request.method === 'HEAD') {
      response.end()
      return
    }
    const cut = state.faults.cuts[name]?.shift()
    if (cut === undefined) response.end(part)
    else response.write(part.subarray(0, cut), () => response.destroy())
  }

  const store = createServer((request, response) => {
    note('store', request)
    const [, kind = '', org = '', name = '', ...path] = decodeURIComponent(request.url ?? '').split('/')
    const bytes = repositories[`${kind}/${org}/${name}`]?.files[path.join('/')]
    if (bytes === undefined) refuse(response, 404)
    else send(request, response, path.join('/'), bytes)
  })
  state.store = await listening(store)

  const hub = createServer((request, response) => {
    note('hub', request)
    if (state.faults.status !== undefined) {
      refuse(response, state.faults.status)
      return
    }
    const url = decodeURIComponent((request.url ?? '').split('?')[0] ?? '')
    const api = /^\/api\/(models|datasets)\/([^/]+\/[^/]+)\/(revision|tree)\/(.+)$/.exec(url)
    const resolve = /^\/(datasets\/)?([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(url)
    const key =
      api !== null
        ? `${api[1]}/${api[2]}`
        : `${resolve?.[1] === undefined ? 'models' : 'datasets'}/${resolve?.[2]}`
    const content = repositories[key]
    if (content === undefined) {
      refuse(response, 404, 'RepoNotFound')
      return
    }
    const revision = api?.[4] ?? resolve?.[3] ?? ''
    const sha = revision === commit || revision === 'main' ? commit : content.revisions?.[revision]
    if (sha === undefined) {
      refuse(response, 404, 'RevisionNotFound')
      return
    }
    if (api?.[3] === 'revision') {
      response.setHeader('content-type', 'application/json')
      response.end(
        JSON.stringify({
          id: api[2],
          sha,
          siblings: Object.keys(content.files).map((rfilename) => ({ rfilename })),
        }),
      )
      return
    }
    if (api !== null) {
      // Two pages, as a large repository has.
      const entries = Object.entries(content.files).map(([path, bytes]) => ({
        type: 'file',
        path,
        size: bytes.length,
        oid: gitHash(bytes),
        ...(content.large?.includes(path) === true
          ? { lfs: { oid: sha256(bytes), size: bytes.length, pointerSize: 130 } }
          : {}),
      }))
      const second = (request.url ?? '').includes('cursor=')
      const half = Math.ceil(entries.length / 2)
      response.setHeader('content-type', 'application/json')
      if (!second || state.faults.endless === true)
        response.setHeader('link', `<${endpoint}${url}?recursive=true&cursor=x>; rel="next"`)
      response.end(
        JSON.stringify(
          state.faults.endless === true
            ? []
            : second
              ? [...entries.slice(half), ...state.faults.listed]
              : entries.slice(0, half),
        ),
      )
      return
    }
    const path = resolve?.[4] ?? ''
    const bytes = content.files[path]
    if (bytes === undefined) {
      refuse(response, 404, 'EntryNotFound')
      return
    }
    if (content.large?.includes(path) !== true) {
      send(request, response, path, bytes)
      return
    }
    response.writeHead(302, {
      location: `${state.store}/${key}/${path}`,
      'x-repo-commit': commit,
      'x-linked-etag': `"${sha256(bytes)}"`,
      'x-linked-size': bytes.length,
    })
    response.end()
  })
  const endpoint = await listening(hub)

  const closed = (server: Server): Promise<void> =>
    new Promise((done) => {
      server.closeAllConnections()
      server.close(() => done())
    })
  return {
    endpoint,
    requests,
    get faults() {
      return state.faults
    },
    set faults(faults) {
      state.faults = faults
    },
    close: async () => {
      await closed(hub)
      await closed(store)
    },
  }
}
