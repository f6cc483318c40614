/** A server on this machine that speaks as much of the hub's API as a download needs, for repositories that are folders here. */
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

export interface HubServer {
  readonly endpoint: string
  /** Paths of the requests, in order. */
  readonly requests: string[]
  /** Status of every answer, in place of an answer. */
  refuses: number | undefined
  readonly close: () => Promise<void>
}

/** A repository: its folder, and its commits by branch or tag besides `main`. */
export interface HubFolder {
  readonly folder: string
  readonly revisions?: Readonly<Record<string, string>>
}

/** The commit of `main`. */
export const mainCommit = 'c'.repeat(40)

const gitHash = (bytes: Buffer): string =>
  createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')

/** An answer: bytes, a document, or why there is none. */
type Answer =
  | { readonly bytes: Buffer }
  | { readonly document: unknown }
  | { readonly status: number; readonly code: string }

const missing = (code: string): Answer => ({ status: 404, code })

const commitOf = ({ revisions = {} }: HubFolder, revision: string): string | undefined =>
  revision === 'main' || revision === mainCommit
    ? mainCommit
    : Object.values(revisions).includes(revision)
      ? revision
      : revisions[revision]

const answerTo = (repositories: Readonly<Record<string, HubFolder>>, path: string): Answer => {
  const [, apiKind, apiName, what, asked] =
    /^\/api\/(models|datasets)\/([^/]+\/[^/]+)\/(revision|tree)\/(.+)$/.exec(path) ?? []
  const [, data, fileName, from, file = ''] =
    /^\/(datasets\/)?([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(path) ?? []
  const kind = apiKind ?? (data === undefined ? 'models' : 'datasets')
  const found = repositories[`${kind}/${apiName ?? fileName ?? ''}`]
  if (found === undefined) return missing('RepoNotFound')
  const sha = commitOf(found, asked ?? from ?? '')
  if (sha === undefined) return missing('RevisionNotFound')
  const names = readdirSync(found.folder)
  const bytesOf = (name: string): Buffer => readFileSync(join(found.folder, name))
  switch (what) {
    case undefined:
      return names.includes(file) ? { bytes: bytesOf(file) } : missing('EntryNotFound')
    case 'revision':
      return { document: { id: apiName, sha, siblings: names.map((rfilename) => ({ rfilename })) } }
    default:
      return {
        document: names.map((name) => {
          const bytes = bytesOf(name)
          return { type: 'file', path: name, size: bytes.length, oid: gitHash(bytes) }
        }),
      }
  }
}

/** @param repositories by `models/ORG/NAME` or `datasets/ORG/NAME` */
export const hubServer = async (repositories: Readonly<Record<string, HubFolder>>): Promise<HubServer> => {
  const requests: string[] = []
  const state: { refuses: number | undefined } = { refuses: undefined }
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? '').split('?')[0] ?? '')
    requests.push(path)
    const said =
      state.refuses === undefined ? answerTo(repositories, path) : { status: state.refuses, code: '' }
    if ('status' in said)
      response.writeHead(said.status, { 'content-type': 'application/json', 'x-error-code': said.code }).end()
    else if ('bytes' in said) response.writeHead(200, { 'content-length': said.bytes.length }).end(said.bytes)
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(said.document))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get refuses() {
      return state.refuses
    },
    set refuses(status) {
      state.refuses = status
    },
    close: () =>
      new Promise((done) => {
        server.closeAllConnections()
        server.close(() => done())
      }),
  }
}
