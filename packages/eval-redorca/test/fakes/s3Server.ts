/**
 * A small server of S3 in this process, with conditional writes and parts. A test says how it answers each request: late, with an error,
 * after it did the work and lost the answer, or twice, as a proxy that sends a request again.
 */
import { createHash, randomUUID } from 'node:crypto'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

// model ------------------------------------------------------------------------------------------

export type Answer =
  | 'done'
  /** The work is done, the connection ends before the answer. */
  | 'lost'
  /** The work is done twice, and the second answer is given. */
  | 'twice'
  /** The body ends half way. */
  | 'cut'
  | { readonly lateMs: number }
  | { readonly status: number; readonly code?: string; readonly echo?: boolean }

export interface S3Request {
  readonly method: string
  /** Without the bucket; empty for the bucket itself. */
  readonly key: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  /** How many requests of this method and key came before it. */
  readonly before: number
}

interface Stored {
  readonly body: Buffer
  readonly etag: string
  readonly metadata: Readonly<Record<string, string>>
  readonly modified: Date
}

interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer | string
}

export interface S3Server {
  readonly url: string
  readonly objects: Map<string, Stored>
  /** Every request, as `PUT leases/run.json`. */
  readonly log: string[]
  /** How the next requests are answered. */
  answer: (request: S3Request) => Answer
  /** False: a server that does not know conditions, and writes. */
  keepsConditions: boolean
  readonly close: () => Promise<void>
}

// replies ----------------------------------------------------------------------------------------

const error = (status: number, code: string, message = ''): Reply => ({
  status,
  body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`,
  headers: { 'content-type': 'application/xml' },
})

const xml = (body: string): Reply => ({
  status: 200,
  body: `<?xml version="1.0"?>${body}`,
  headers: { 'content-type': 'application/xml' },
})

const etagOf = (body: Buffer): string => `"${createHash('md5').update(body).digest('hex')}"`

const metadataIn = (headers: IncomingMessage['headers']): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      name.startsWith('x-amz-meta-') ? [[name, String(value)]] : [],
    ),
  )

/** Pages are small, so that a test needs few objects to see a second one. */
const pageSize = 7

const listed = (objects: ReadonlyMap<string, Stored>, query: URLSearchParams): Reply => {
  const prefix = query.get('prefix') ?? ''
  const delimiter = query.get('delimiter') ?? undefined
  const after = query.get('continuation-token') ?? ''
  const keys = [...objects.keys()]
    .sort()
    .filter((key) => key.startsWith(prefix) && key > after)
    .filter((key) => delimiter === undefined || !key.slice(prefix.length).includes(delimiter))
  const page = keys.slice(0, Math.min(pageSize, Number(query.get('max-keys') ?? pageSize)))
  const more = page.length < keys.length && page.length > 0
  const contents = page.map((key) => {
    const { body, etag, modified } = objects.get(key) ?? { body: '', etag: '', modified: new Date() }
    return `<Contents><Key>${key}</Key><Size>${body.length}</Size><ETag>${etag}</ETag><LastModified>${modified.toISOString()}</LastModified></Contents>`
  })
  const token = more ? `<NextContinuationToken>${page.at(-1) ?? ''}</NextContinuationToken>` : ''
  return xml(
    `<ListBucketResult><IsTruncated>${more}</IsTruncated>${token}${contents.join('')}</ListBucketResult>`,
  )
}

// server -----------------------------------------------------------------------------------------

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** What the requests do, with no failure among them. */
const working = (server: Pick<S3Server, 'objects' | 'keepsConditions'>) => {
  const uploads = new Map<
    string,
    { readonly parts: Map<number, Buffer>; readonly metadata: Stored['metadata'] }
  >()
  const store = (key: string, body: Buffer, metadata: Stored['metadata']): Reply => {
    const etag = etagOf(body)
    server.objects.set(key, { body, etag, metadata, modified: new Date() })
    return { status: 200, headers: { etag } }
  }
  const refusal = ({ key, headers }: S3Request): Reply | undefined => {
    if (!server.keepsConditions) return undefined
    const there = server.objects.get(key)
    if (headers['if-none-match'] !== undefined && there !== undefined) return error(412, 'PreconditionFailed')
    if (headers['if-match'] === undefined) return undefined
    if (there === undefined) return error(404, 'NoSuchKey')
    return headers['if-match'] === there.etag ? undefined : error(412, 'PreconditionFailed')
  }
  const parted = ({ method, key, query, headers }: S3Request, body: Buffer): Reply => {
    if (query.has('uploads')) {
      const id = randomUUID()
      uploads.set(id, { parts: new Map(), metadata: metadataIn(headers) })
      return xml(`<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`)
    }
    const id = query.get('uploadId') ?? ''
    const upload = uploads.get(id)
    if (upload === undefined) return error(404, 'NoSuchUpload')
    if (method === 'PUT') {
      upload.parts.set(Number(query.get('partNumber')), body)
      return { status: 200, headers: { etag: etagOf(body) } }
    }
    uploads.delete(id)
    if (method === 'DELETE') return { status: 204 }
    const parts = [...upload.parts].sort(([a], [b]) => a - b).map(([, part]) => part)
    store(key, Buffer.concat(parts), upload.metadata)
    return xml('<CompleteMultipartUploadResult></CompleteMultipartUploadResult>')
  }
  return (request: S3Request, body: Buffer): Reply => {
    const { method, key, query, headers } = request
    if (key === '') return listed(server.objects, query)
    if (query.has('uploads') || query.has('uploadId')) return parted(request, body)
    const there = server.objects.get(key)
    if (method === 'PUT') return refusal(request) ?? store(key, body, metadataIn(headers))
    if (method === 'DELETE') {
      const refused = refusal(request)
      if (refused !== undefined) return refused
      server.objects.delete(key)
      return { status: 204 }
    }
    if (there === undefined) return method === 'HEAD' ? { status: 404 } : error(404, 'NoSuchKey')
    return { status: 200, headers: { ...there.metadata, etag: there.etag }, body: there.body }
  }
}

const give = (response: ServerResponse, method: string, reply: Reply, answer: Answer): void => {
  const body = Buffer.from(reply.body ?? '')
  response.writeHead(reply.status, {
    ...reply.headers,
    ...(reply.status === 204 ? {} : { 'content-length': body.length }),
  })
  if (method === 'HEAD') response.end()
  else if (answer === 'cut' && body.length > 1) {
    response.write(body.subarray(0, Math.floor(body.length / 2)))
    setTimeout(() => response.socket?.destroy(), 10)
  } else response.end(body)
}

/** Starts the server, with one bucket. */
export const s3Server = async (bucket: string): Promise<S3Server> => {
  const objects: S3Server['objects'] = new Map()
  const counts = new Map<string, number>()
  const state: Pick<S3Server, 'objects' | 'log' | 'answer' | 'keepsConditions'> = {
    ...{ objects, log: [], answer: () => 'done', keepsConditions: true },
  }
  const work = working(state)
  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(incoming.url ?? '/', 'http://localhost')
    const [, name = '', ...rest] = decodeURIComponent(url.pathname).split('/')
    const method = incoming.method ?? ''
    const key = rest.join('/')
    const line = `${method} ${key}`
    const before = counts.get(line) ?? 0
    counts.set(line, before + 1)
    state.log.push(line)
    const request = { method, key, query: url.searchParams, headers: incoming.headers, before }
    const body = await bodyOf(incoming)
    const answer = state.answer(request)
    if (typeof answer === 'object' && 'status' in answer) {
      const told = answer.echo === true ? JSON.stringify([incoming.headers, process.env]) : 'no'
      const code = answer.code ?? 'InternalError'
      give(response, method, error(answer.status, code, told.replaceAll(/[<>&]/g, ' ')), answer)
      return
    }
    const reply = name === bucket ? work(request, body) : error(404, 'NoSuchBucket')
    const last = answer === 'twice' ? work(request, body) : reply
    if (answer === 'lost') {
      incoming.socket.destroy()
      return
    }
    if (typeof answer === 'object') await pause(answer.lateMs)
    give(response, method, last, answer)
  }
  const server = createServer((incoming, response) => void handle(incoming, response))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return Object.assign(state, {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((done) => {
        server.closeAllConnections()
        server.close(() => done())
      }),
  })
}
