import { spawn } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import * as fc from 'fast-check'
import { binary } from '../../src/cli/binary'
import { type Binary, command, dataFile, many, required, runBinary } from '../../src/cli/kit'
import {
  type HubUse,
  download,
  resolveAdapter,
  resolveData,
  resolveModel,
  resolveTokenizer,
} from '../../src/hub'
import { isSafeName } from '../../src/hub/fileNames'
import { datasetFile, looksBare, modelRepository } from '../../src/hub/reference'
import { golden, goldenFolder } from '../lm/golden'
import { type FakeHub, commit, fakeHub, gitHash, noFaults, sha256 } from './server'

const token = 'hf_secretToken123'
const grouped = join(goldenFolder, 'grouped')
const read = (...parts: string[]): Buffer => readFileSync(join(grouped, ...parts))
const weights = read('model.safetensors')
const rows = Buffer.from(golden.lora.rows.map((r) => `${JSON.stringify(r)}\n`).join(''))
const old = 'a'.repeat(40)

let hub: FakeHub
let work: string
let cache: string
const env = (more: Record<string, string> = {}): Record<string, string> => ({
  HF_ENDPOINT: hub.endpoint,
  HF_HUB_CACHE: cache,
  HF_HOME: join(work, 'home'),
  HF_TOKEN: token,
  ...more,
})
const use = (more: Record<string, string> = {}): HubUse => ({ env: env(more) })
const repository = (): string => join(cache, 'models--org--tiny')
const blobs = (): string[] =>
  existsSync(repository()) ? readdirSync(join(repository(), 'blobs')).sort() : []
const snapshot = (...parts: string[]): string => join(repository(), 'snapshots', commit, ...parts)

beforeAll(async () => {
  hub = await fakeHub({
    'models/org/tiny': {
      files: {
        'config.json': read('config.json'),
        'generation_config.json': read('generation_config.json'),
        'model.safetensors': weights,
        'README.md': Buffer.from('read me'),
        'extra/notes.txt': Buffer.from('notes'),
        'pytorch_model.bin': Buffer.from('not wanted'),
      },
      large: ['model.safetensors'],
      revisions: { 'v1.0': commit, 'refs/pr/1': old, [old]: old },
    },
    'models/org/sharded': {
      files: {
        'config.json': read('config.json'),
        'model.safetensors.index.json': Buffer.from(
          JSON.stringify({ weight_map: { a: 'model-1.safetensors', b: 'model-2.safetensors' } }),
        ),
        'model-1.safetensors': Buffer.from('one'),
        'model-2.safetensors': Buffer.from('two'),
        'consolidated.safetensors': Buffer.from('not wanted'),
      },
      large: ['model-1.safetensors', 'model-2.safetensors'],
    },
    'models/org/adapter': {
      files: {
        'adapter_config.json': read('adapter', 'adapter_config.json'),
        'adapter_model.safetensors': read('adapter', 'adapter_model.safetensors'),
        'optimizer.pt': Buffer.from('not wanted'),
      },
      large: ['adapter_model.safetensors'],
    },
    'datasets/org/data': { files: { 'rows.jsonl': rows, 'deep/more.jsonl': rows } },
  })
})
afterAll(() => hub.close())
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'hub-'))
  cache = join(work, 'cache')
  hub.requests.length = 0
  hub.faults = noFaults()
})
afterEach(() => rmSync(work, { recursive: true, force: true }))

const right = <A>(result: E.Either<{ readonly message: string }, A>): A => {
  if (E.isLeft(result)) throw new Error(result.left.message)
  return result.right
}

describe('references', () => {
  it.each(['hub:org/tiny', 'org/tiny', 'hub:org/tiny@v1.0', 'hub:org/tiny@refs/pr/1'])('reads %s', (text) => {
    expect(modelRepository(text)).toMatchObject({ _tag: 'Right', right: { name: 'org/tiny' } })
  })
  it.each([
    'hub:tiny',
    'hub:org/tiny/more',
    'hub:../tiny',
    'hub:org/..',
    'hub:org/a--b',
    'hub:org/tiny@',
    'hub:org/tiny@../main',
    'hub:org/tiny@a\\b',
    'hub:',
    'hub:o rg/tiny',
  ])('refuses %s', (text) => {
    expect(modelRepository(text)).toMatchObject({ _tag: 'Left', left: { kind: 'input', where: text } })
  })
  it('reads the file of a dataset', () => {
    expect(datasetFile('hub:org/data/deep/more.jsonl@v1')).toEqual(
      E.right({ repository: { kind: 'dataset', name: 'org/data', revision: 'v1' }, path: 'deep/more.jsonl' }),
    )
    expect(datasetFile('hub:org/data/../x')).toMatchObject({ left: { kind: 'input' } })
    expect(datasetFile('hub:org/data')).toMatchObject({ left: { message: 'names no file' } })
  })
  it('takes no path and no file of weights for a bare name', () => {
    for (const path of ['/a/b', './a', '../a', 'a', 'a/b/c', 'a/b.safetensors', 'a/b.gguf', 'http://x/y'])
      expect(looksBare(path)).toBe(false)
    expect(looksBare('org/name')).toBe(true)
  })
})

describe('file names', () => {
  it('a safe name stays inside its folder, on Windows too', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('..', '.', 'a', '', 'C:', '\\', '\n', 'b.c', '\u0000'), { maxLength: 5 }),
        (parts) => {
          const name = parts.join('/')
          const plain = parts.length > 0 && parts.every((part) => part === 'a' || part === 'b.c')
          expect(isSafeName(name)).toBe(plain)
        },
      ),
    )
  })
})

describe('a model', () => {
  it('is fetched into the standard layout: only what is needed, the token to the hub alone', async () => {
    const folder = right(await resolveModel('hub:org/tiny', use())())
    expect(folder).toBe(snapshot())
    expect(readdirSync(folder).sort()).toEqual(['config.json', 'generation_config.json', 'model.safetensors'])
    expect(lstatSync(snapshot('config.json')).isSymbolicLink()).toBe(true)
    expect(readlinkSync(snapshot('model.safetensors'))).toBe(join('..', '..', 'blobs', sha256(weights)))
    expect(readlinkSync(snapshot('config.json'))).toBe(
      join('..', '..', 'blobs', gitHash(read('config.json'))),
    )
    expect(readFileSync(join(repository(), 'refs', 'main'), 'utf8')).toBe(commit)
    const stored = hub.requests.filter(({ host }) => host === 'store')
    expect(stored).toHaveLength(1)
    expect(stored.every(({ authorization }) => authorization === undefined)).toBe(true)
    expect(hub.requests.filter(({ host }) => host === 'hub').map((r) => r.authorization)).toEqual(
      hub.requests.filter(({ host }) => host === 'hub').map(() => `Bearer ${token}`),
    )
  })

  it('of shards: the index and the shards that it names', async () => {
    const folder = right(await resolveModel('org/sharded', use())())
    expect(readdirSync(folder).sort()).toEqual([
      'config.json',
      'model-1.safetensors',
      'model-2.safetensors',
      'model.safetensors.index.json',
    ])
  })

  it('is not asked for again: nothing for a commit, the commit alone for a branch', async () => {
    right(await resolveModel('hub:org/tiny', use())())
    hub.requests.length = 0
    right(await resolveModel(`hub:org/tiny@${commit}`, use())())
    expect(hub.requests).toEqual([])
    right(await resolveModel('hub:org/tiny@v1.0', use())())
    expect(hub.requests.map(({ url }) => url.split('?')[0])).toEqual(['/api/models/org/tiny/revision/v1.0'])
    expect(readFileSync(join(repository(), 'refs', 'v1.0'), 'utf8')).toBe(commit)
  })

  it('of another revision stands beside it', async () => {
    const folder = right(await resolveModel('hub:org/tiny@refs/pr/1', use())())
    expect(folder).toBe(join(repository(), 'snapshots', old))
    expect(readFileSync(join(repository(), 'refs', 'refs', 'pr', '1'), 'utf8')).toBe(old)
  })

  it('a local folder wins over a bare name', async () => {
    mkdirSync(join(work, 'org', 'tiny'), { recursive: true })
    const here = process.cwd()
    process.chdir(work)
    try {
      expect(await resolveModel('org/tiny', use())()).toEqual(E.right('org/tiny'))
    } finally {
      process.chdir(here)
    }
    expect(hub.requests).toEqual([])
  })

  it('copies in place of links are as good', async () => {
    right(await resolveModel('hub:org/tiny', use())())
    rmSync(snapshot('model.safetensors'))
    writeFileSync(snapshot('model.safetensors'), weights)
    rmSync(join(repository(), 'blobs', sha256(weights)))
    hub.requests.length = 0
    right(await resolveModel(`hub:org/tiny@${commit}`, use())())
    expect(hub.requests).toEqual([])
    expect(lstatSync(snapshot('model.safetensors')).isSymbolicLink()).toBe(false)
  })

  it('what the cache holds under a wrong hash or size is fetched again', async () => {
    right(await resolveModel('hub:org/tiny', use())())
    for (const bytes of [Buffer.alloc(weights.length), weights.subarray(5)]) {
      writeFileSync(join(repository(), 'blobs', sha256(weights)), bytes)
      right(await resolveModel(`hub:org/tiny@${commit}`, use())())
      expect(readFileSync(snapshot('model.safetensors')).equals(weights)).toBe(true)
    }
  })
})

describe('adapters and data', () => {
  it('an adapter is its two files', async () => {
    const folder = right(await resolveAdapter('hub:org/adapter', use())())
    expect(readdirSync(folder).sort()).toEqual(['adapter_config.json', 'adapter_model.safetensors'])
  })
  it('a tokenizer is a model without its weights', async () => {
    const folder = right(await resolveTokenizer('hub:org/tiny', use())())
    expect(readdirSync(folder).sort()).toEqual(['config.json', 'generation_config.json'])
  })
  it('data is one file of a dataset repository', async () => {
    const file = right(await resolveData('hub:org/data/deep/more.jsonl', use())())
    expect(file).toBe(join(cache, 'datasets--org--data', 'snapshots', commit, 'deep', 'more.jsonl'))
    expect(readlinkSync(file)).toBe(join('..', '..', '..', 'blobs', gitHash(rows)))
    expect(await resolveData('rows.jsonl', use())()).toEqual(E.right('rows.jsonl'))
    expect(await resolveData('hub:org/data/none.jsonl', use())()).toMatchObject({
      left: { kind: 'input', where: 'hub:org/data', message: 'has no file none.jsonl' },
    })
  })
})

describe('broken downloads', () => {
  const stored = (): ReadonlyArray<string | undefined> =>
    hub.requests.filter(({ host }) => host === 'store').map(({ range }) => range)

  it('a cut connection is continued in the same run', async () => {
    hub.faults.cuts['model.safetensors'] = [10_000]
    right(await resolveModel('hub:org/tiny', use())())
    expect(stored()[0]).toBeUndefined()
    expect(stored()[1]).toMatch(/^bytes=[1-9]\d*-$/)
    expect(readFileSync(snapshot('model.safetensors')).equals(weights)).toBe(true)
    expect(blobs().some((name) => name.endsWith('.incomplete'))).toBe(false)
  })

  it('and by a later run; a server without ranges sends it whole', async () => {
    for (const whole of [false, true]) {
      rmSync(cache, { recursive: true, force: true })
      hub.requests.length = 0
      hub.faults = noFaults()
      hub.faults.cuts['model.safetensors'] = [10_000, 0, 0, 0, 0]
      expect(await resolveModel('hub:org/tiny', use())()).toMatchObject({
        left: { _tag: 'HubUnreachable', kind: 'failure', where: 'hub:org/tiny' },
      })
      expect(existsSync(snapshot('model.safetensors'))).toBe(false)
      expect(blobs()).toContain(`${sha256(weights)}.resume.incomplete`)
      hub.faults = { ...noFaults(), whole }
      right(await resolveModel('hub:org/tiny', use())())
      expect(stored().at(-1)).toMatch(/^bytes=[1-9]\d*-$/)
      expect(readFileSync(snapshot('model.safetensors')).equals(weights)).toBe(true)
    }
  })

  it('a part with wrong bytes costs one more attempt', async () => {
    mkdirSync(join(repository(), 'blobs'), { recursive: true })
    writeFileSync(join(repository(), 'blobs', `${sha256(weights)}.resume.incomplete`), Buffer.alloc(5000))
    right(await resolveModel('hub:org/tiny', use())())
    expect(stored()).toEqual(['bytes=5000-', undefined])
    expect(readFileSync(snapshot('model.safetensors')).equals(weights)).toBe(true)
  })

  it('the part of a process that is gone is taken over, that of a running one is not', async () => {
    const gone = spawn(process.execPath, ['-e', ''])
    await new Promise((done) => gone.on('exit', done))
    const host = hostname()
      .replace(/[^A-Za-z0-9]/g, '')
      .slice(0, 40)
    const running = `${sha256(weights)}.${host}-${process.pid}-0badcafe.incomplete`
    mkdirSync(join(repository(), 'blobs'), { recursive: true })
    writeFileSync(join(repository(), 'blobs', running), weights.subarray(0, 700))
    writeFileSync(
      join(repository(), 'blobs', `${sha256(weights)}.${host}-${gone.pid}-0badcafe.incomplete`),
      weights.subarray(0, 500),
    )
    right(await resolveModel('hub:org/tiny', use())())
    expect(stored()).toEqual(['bytes=500-'])
    expect(blobs()).toContain(running)
  })

  it.each([
    ['other bytes', Buffer.alloc(weights.length)],
    ['fewer bytes', weights.subarray(100)],
    ['more bytes', Buffer.concat([weights, Buffer.from('x')])],
  ])('%s than listed are never used', async (_, bytes) => {
    hub.faults.instead['model.safetensors'] = bytes
    expect(await resolveModel('hub:org/tiny', use())()).toMatchObject({
      left: { _tag: 'HubDamaged', where: 'hub:org/tiny' },
    })
    expect(blobs().filter((name) => name.startsWith(sha256(weights)))).toEqual([])
    expect(existsSync(snapshot('model.safetensors'))).toBe(false)
  })

  it('a file that has become shorter than the part of it is never used', async () => {
    mkdirSync(join(repository(), 'blobs'), { recursive: true })
    const part = join(repository(), 'blobs', `${sha256(weights)}.resume.incomplete`)
    writeFileSync(part, weights.subarray(0, 5000))
    hub.faults.instead['model.safetensors'] = weights.subarray(0, 100)
    expect(await resolveModel('hub:org/tiny', use())()).toMatchObject({ left: { _tag: 'HubDamaged' } })
    expect(existsSync(part)).toBe(false)
    hub.faults = noFaults()
    right(await resolveModel('hub:org/tiny', use())())
  })

  it('small files are checked by the hash of their git blob', async () => {
    hub.faults.instead['config.json'] = Buffer.from(read('config.json').map((b) => (b === 32 ? 9 : b)))
    expect(await resolveModel('hub:org/tiny', use())()).toMatchObject({ left: { _tag: 'HubDamaged' } })
  })

  it('a signal stops it, and a later run continues', async () => {
    const abort = new AbortController()
    const stopped = await resolveModel('hub:org/tiny', {
      ...use(),
      signal: abort.signal,
      progress: (label) => {
        if (label.startsWith('model')) abort.abort()
        return { tick: () => undefined, stop: () => undefined }
      },
    })()
    expect(stopped).toMatchObject({ left: { kind: 'interrupted' } })
    right(await resolveModel('hub:org/tiny', use())())
  })

  it('several downloads of one file at once agree', async () => {
    const all = await Promise.all([0, 1, 2].map(() => resolveModel('hub:org/tiny', use())()))
    all.forEach(right)
    expect(readFileSync(snapshot('model.safetensors')).equals(weights)).toBe(true)
    expect(blobs().some((name) => name.endsWith('.incomplete'))).toBe(false)
  })
})

describe('refusals', () => {
  it.each([
    [401, 'HubRefused', /HF_TOKEN/],
    [403, 'HubRefused', /licence/],
    [404, 'HubMissing', /check the name/],
  ])('%i is bad input, names the repository and says what to do', async (status, tag, remedy) => {
    hub.faults.status = status
    const result = await resolveModel('hub:org/tiny', use())()
    expect(result).toMatchObject({ left: { _tag: tag, kind: 'input', where: 'hub:org/tiny' } })
    expect(E.isLeft(result) && result.left.remedy).toMatch(remedy)
    expect(JSON.stringify(result)).not.toContain(token)
  })
  it('a repository and a revision that are not there', async () => {
    expect(await resolveModel('hub:org/none', use())()).toMatchObject({ left: { kind: 'input' } })
    expect(await resolveModel('hub:org/tiny@v9', use())()).toMatchObject({
      left: { kind: 'input', message: 'has no revision v9 (404)' },
    })
    expect(await resolveModel('nowhere/at-all', use())()).toMatchObject({
      left: { kind: 'input', where: 'nowhere/at-all' },
    })
  })
  it.each(['../../evil.json', '/etc/evil', 'a/../../evil', 'a\\..\\evil', 'C:evil', 'a\nb'])(
    'a list with %j is refused whole',
    async (path) => {
      hub.faults.listed = [{ type: 'file', path, size: 3, oid: gitHash(Buffer.from('abc')) }]
      expect(await download('hub:org/tiny', ['*'], use())()).toMatchObject({
        left: { kind: 'input', where: 'hub:org/tiny' },
      })
      expect(existsSync(snapshot())).toBe(false)
    },
  )
  it('a list without an end', async () => {
    hub.faults.endless = true
    expect(await resolveModel('hub:org/tiny', use())()).toMatchObject({
      left: { _tag: 'HubDamaged', message: 'the hub sends more than 1000 pages' },
    })
  })
  it('a hub that is not there', async () => {
    expect(await resolveModel('hub:org/tiny', use({ HF_ENDPOINT: 'http://127.0.0.1:1' }))()).toMatchObject({
      left: { _tag: 'HubUnreachable', kind: 'failure', where: 'hub:org/tiny' },
    })
    expect(await resolveModel('org/tiny', use({ HF_ENDPOINT: 'http://127.0.0.1:1' }))()).toMatchObject({
      left: { kind: 'input', where: 'org/tiny' },
    })
  })
  it('a hash that is no hash becomes no path', async () => {
    hub.faults.listed = [{ type: 'file', path: 'x.json', size: 3, oid: '../../evil' }]
    expect(await resolveModel('hub:org/tiny', use())()).toMatchObject({ left: { _tag: 'HubDamaged' } })
  })
  it('a token that no header can carry is not shown', async () => {
    const result = await resolveModel('hub:org/tiny', use({ HF_TOKEN: `${token}\nx` }))()
    expect(result).toMatchObject({ left: { kind: 'input', where: 'HF_TOKEN' } })
    expect(JSON.stringify(result)).not.toContain(token)
    expect(hub.requests).toEqual([])
  })
})

describe('settings', () => {
  it('the token is read from HF_HOME, the cache stands there too', async () => {
    mkdirSync(join(work, 'home'))
    writeFileSync(join(work, 'home', 'token'), 'hf_fromFile\n')
    const folder = right(await resolveModel('hub:org/tiny', use({ HF_TOKEN: '', HF_HUB_CACHE: '' }))())
    expect(folder.startsWith(join(work, 'home', 'hub', 'models--org--tiny'))).toBe(true)
    expect(hub.requests[0]?.authorization).toBe('Bearer hf_fromFile')
  })
  it('offline makes no request: what is cached is used, what is not is bad input', async () => {
    const offline = use({ HF_HUB_OFFLINE: '1' })
    expect(await resolveModel('hub:org/tiny', offline)()).toMatchObject({
      left: { _tag: 'HubOffline', kind: 'input', where: 'hub:org/tiny' },
    })
    expect(hub.requests).toEqual([])
    right(await resolveModel('hub:org/tiny', use())())
    hub.requests.length = 0
    expect(await resolveModel('hub:org/tiny', offline)()).toEqual(E.right(snapshot()))
    expect(await download('hub:org/tiny', ['README.md'], offline)()).toMatchObject({
      left: { _tag: 'HubOffline', kind: 'input' },
    })
    rmSync(snapshot('config.json'))
    rmSync(join(repository(), 'blobs', gitHash(read('config.json'))))
    expect(await resolveModel('hub:org/tiny', offline)()).toMatchObject({ left: { _tag: 'HubOffline' } })
    expect(hub.requests).toEqual([])
  })
  it('offline finds what another program has cached, which keeps no list', async () => {
    mkdirSync(join(repository(), 'blobs'), { recursive: true })
    mkdirSync(join(repository(), 'refs'))
    mkdirSync(snapshot(), { recursive: true })
    writeFileSync(join(repository(), 'refs', 'main'), commit)
    for (const [name, bytes, hash] of [
      ['config.json', read('config.json'), gitHash(read('config.json'))],
      ['model.safetensors', weights, sha256(weights)],
    ] as const) {
      writeFileSync(join(repository(), 'blobs', hash), bytes)
      symlinkSync(join('..', '..', 'blobs', hash), snapshot(name))
    }
    expect(await resolveModel('hub:org/tiny', use({ HF_HUB_OFFLINE: '1' }))()).toEqual(E.right(snapshot()))
    expect(hub.requests).toEqual([])
  })
})

describe('command lines', () => {
  const run = async (...argv: string[]): Promise<{ code: number; out: string; err: string }> => {
    const said = { out: '', err: '' }
    const before = { ...process.env }
    Object.assign(process.env, env())
    try {
      const code = await runBinary(binary, [...argv, '--engine', 'wasm', '--quiet'], {
        stdout: (s) => (said.out += s),
        stderr: (s) => (said.err += s),
      })
      return { code, ...said }
    } finally {
      process.env = before
    }
  }

  it('download prints the folder', async () => {
    expect(await run('download', 'hub:org/tiny')).toEqual({ code: 0, out: `${snapshot()}\n`, err: '' })
    const more = await run('download', 'hub:org/tiny', '--include', '*.md', 'extra/*', '--json')
    expect(JSON.parse(more.out)).toEqual({ repository: 'hub:org/tiny', folder: snapshot() })
    expect(readFileSync(snapshot('extra', 'notes.txt'), 'utf8')).toBe('notes')
    expect(existsSync(snapshot('README.md'))).toBe(true)
    const none = await run('download', 'hub:org/tiny', '--include', '*.onnx')
    expect(none.code).toBe(2)
    expect(none.err).toContain('hub:org/tiny: has no file that matches *.onnx')
  })
  it('info and score take models, adapters and data from the hub', async () => {
    const info = await run('info', '--model', 'hub:org/tiny', '--adapter', 'hub:org/adapter', '--json')
    expect(info.code).toBe(0)
    expect(JSON.parse(info.out)).toMatchObject({ model: { layers: 2 }, adapter: {} })
    const score = async (model: string, data: string, adapter: string, name: string): Promise<string> => {
      const out = join(work, name)
      const said = await run('score', '--model', model, '--data', data, '--adapter', adapter, '--out', out)
      expect(said).toMatchObject({ code: 0, err: '' })
      return readFileSync(out, 'utf8')
    }
    writeFileSync(join(work, 'rows.jsonl'), rows)
    const remote = await score('org/tiny', 'hub:org/data/rows.jsonl', 'hub:org/adapter', 'a')
    const local = await score(grouped, join(work, 'rows.jsonl'), join(grouped, 'adapter'), 'b')
    expect(remote).toBe(local)
  })
  it('an option that takes several data files fetches each', async () => {
    const seen: string[] = []
    const several = command({
      name: 'several',
      description: 'names its files',
      options: { data: required(many(dataFile('rows'))) },
      run: ({ data }) => {
        seen.push(...data)
        return TE.right({ json: {} })
      },
    })
    const own: Binary = { name: 'own', version: '1', description: '', commands: [several] }
    const before = { ...process.env }
    Object.assign(process.env, env())
    const argv = ['several', '--data', 'hub:org/data/rows.jsonl', '--data', 'here.jsonl', 'org/data/x.jsonl']
    await runBinary(own, argv, { stdout: () => undefined, stderr: () => undefined })
    process.env = before
    expect(seen).toEqual([
      join(cache, 'datasets--org--data', 'snapshots', commit, 'rows.jsonl'),
      'here.jsonl',
      'org/data/x.jsonl',
    ])
  })
  it('refusals are one line and exit 2', async () => {
    hub.faults.status = 401
    const said = await run('info', '--model', 'hub:org/tiny')
    expect(said.code).toBe(2)
    expect(said.err).toMatch(/^tensor-core: hub:org\/tiny: .*\(401\); .*HF_TOKEN[^\n]*\n$/)
    expect((await run('download', 'hub:../x')).code).toBe(2)
  })
})
