import { existsSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runBinary } from '@safe/tensor-core/cli'
import type { Tokenizer } from '@safe/tensor-core/contracts'
import { contentHash } from '@safe/tensor-core/files'
import type * as BridgeCache from '../src/bridgeCache'
import { binary } from '../src/cli/binary'
import { buildBridge } from '../src/mixing/bridge'
import { alignBeam } from '../src/alignBeam'
import { right } from './fixtures/right'
import { randomLogits, toyModel, wordTokenizer } from './fixtures/toy'

const numbers = (from: number, count: number) => Array.from({ length: count }, (_, i) => `w${from + i}`)
const large = wordTokenizer(numbers(0, 8300))
const draft = wordTokenizer(numbers(8000, 400))
const temporary = (): string => mkdtempSync(join(tmpdir(), 'alignbeam-bridges-'))

/** The bridge as another process finds it, and how many of the anchor's tokens were encoded for it. */
const inAnotherProcess = async (use: BridgeCache.BridgeCacheUse, anchor: Tokenizer = large) => {
  const counted = { texts: 0 }
  const counting: Tokenizer = {
    ...draft,
    encodeInner: (text) => {
      counted.texts += 1
      return draft.encodeInner(text)
    },
  }
  jest.resetModules()
  const { keptBridge } = jest.requireActual<typeof BridgeCache>('../src/bridgeCache')
  const bridge = await keptBridge(anchor, counting, 'drop', undefined, use)()
  return { bridge, encoded: counted.texts }
}
const expected = buildBridge(large, draft)

interface Stored {
  readonly key: string
  readonly map: string
  readonly special: number
  readonly digest: undefined
}
const onlyFile = (folder: string): string => {
  const [name, ...others] = readdirSync(folder)
  if (name === undefined || others.length > 0) throw new Error('not one file')
  return join(folder, name)
}
const stored = (path: string): Stored => {
  const entry = JSON.parse(readFileSync(path, 'utf8')) as Stored
  return { ...entry, digest: undefined }
}
/** An entry whose digest fits what it holds. */
const store = (path: string, entry: Stored): void =>
  writeFileSync(path, JSON.stringify({ ...entry, digest: contentHash(entry) }))
const asText = (ids: Iterable<number>): string => Buffer.from(Int32Array.from(ids).buffer).toString('base64')

describe('keptBridge', () => {
  it('builds once, and reads what another process has built', async () => {
    const cache = temporary()
    const first = await inAnotherProcess({ cache })
    expect(first.bridge).toEqual(expected)
    expect(first.encoded).toBeGreaterThan(8000)
    const second = await inAnotherProcess({ cache })
    expect(second).toEqual({ bridge: expected, encoded: 0 })
    // Another pair and other ends are other bridges.
    const other = await inAnotherProcess({ cache }, { ...large, fingerprint: 'another' })
    expect(other.encoded).toBe(first.encoded)
    const otherEnd = { ...large, eos: 3 }
    expect((await inAnotherProcess({ cache }, otherEnd)).encoded).toBeGreaterThan(0)
    expect(readdirSync(cache)).toHaveLength(3)
    expect(readdirSync(cache).every((name) => /^[0-9a-f]{64}\.json$/.test(name))).toBe(true)
  })

  const changes: ReadonlyArray<readonly [string, (path: string, entry: Stored) => void]> = [
    ['is cut', (path) => writeFileSync(path, readFileSync(path).subarray(0, 5000))],
    ['is empty', (path) => writeFileSync(path, '')],
    ['is something else', (path) => writeFileSync(path, '{"key": 3}')],
    [
      'was changed',
      (path, { map }) =>
        writeFileSync(
          path,
          readFileSync(path, 'utf8').replace(map.slice(0, 40), asText(Array(7).fill(5)).slice(0, 40)),
        ),
    ],
    ['is of another pair', (path, entry) => store(path, { ...entry, key: 'f'.repeat(64) })],
    [
      'names tokens that the draft does not have',
      (path, entry) => store(path, { ...entry, map: asText([draft.size, ...expected.map.slice(1)]) }),
    ],
    [
      'names tokens below all',
      (path, entry) => store(path, { ...entry, map: asText([-2, ...expected.map.slice(1)]) }),
    ],
    ['is too short', (path, entry) => store(path, { ...entry, map: asText(expected.map.slice(1)) })],
    ['counts what cannot be', (path, entry) => store(path, { ...entry, special: large.size })],
  ]
  it.each(changes)('builds anew where a file %s, and writes it again', async (_, change) => {
    const cache = temporary()
    await inAnotherProcess({ cache })
    const path = onlyFile(cache)
    const whole = readFileSync(path, 'utf8')
    change(path, stored(path))
    expect(readFileSync(path, 'utf8')).not.toBe(whole)
    const again = await inAnotherProcess({ cache })
    expect(again.bridge).toEqual(expected)
    expect(again.encoded).toBeGreaterThan(8000)
    expect(readFileSync(path, 'utf8')).toBe(whole)
  })

  it('takes a file of the right digest, which shows that the changes above are what was found', async () => {
    const cache = temporary()
    await inAnotherProcess({ cache })
    const path = onlyFile(cache)
    store(path, { ...stored(path), map: asText([7, ...expected.map.slice(1)]) })
    const { bridge, encoded } = await inAnotherProcess({ cache })
    expect([bridge.map[0], bridge.mapped, encoded]).toEqual([7, expected.mapped + 1, 0])
  })

  it('keeps nothing of small vocabularies, and nothing where it is not to', async () => {
    const cache = temporary()
    const small = wordTokenizer(numbers(8000, 30))
    expect((await inAnotherProcess({ cache }, small)).bridge).toEqual(buildBridge(small, draft))
    await inAnotherProcess({ cache: false })
    expect(readdirSync(cache)).toEqual([])
  })

  it('warns where it cannot keep a bridge, and gives it all the same', async () => {
    const file = join(temporary(), 'file')
    writeFileSync(file, '')
    const lines: string[] = []
    const { bridge } = await inAnotherProcess({
      cache: join(file, 'inside'),
      onWarning: (l) => lines.push(l),
    })
    expect(bridge).toEqual(expected)
    expect(lines).toEqual([expect.stringMatching(/^the bridge is not kept: /)])
  })
})

describe('where bridges are kept', () => {
  const given = process.env['SAFE_CACHE']
  const home = temporary()
  beforeAll(() => {
    process.env['SAFE_CACHE'] = home
  })
  afterAll(() => {
    if (given === undefined) delete process.env['SAFE_CACHE']
    else process.env['SAFE_CACHE'] = given
  })
  const kept = (): number => (existsSync(join(home, 'bridge')) ? readdirSync(join(home, 'bridge')).length : 0)

  /** A tokenizer alone, with as many words as asked for. */
  const folderOf = (count: number): string => {
    const to = temporary()
    const words = ['<unk>', '</s>', ...numbers(0, count)]
    const special = words.slice(0, 2).map((content, id) => ({
      ...{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
    }))
    const tokenizer = {
      version: '1.0',
      added_tokens: special,
      normalizer: null,
      pre_tokenizer: { type: 'Whitespace' },
      post_processor: null,
      decoder: null,
      model: {
        type: 'WordLevel',
        vocab: Object.fromEntries(words.map((w, i) => [w, i])),
        unk_token: '<unk>',
      },
    }
    writeFileSync(join(to, 'tokenizer.json'), JSON.stringify(tokenizer))
    writeFileSync(
      join(to, 'tokenizer_config.json'),
      JSON.stringify({ unk_token: '<unk>', eos_token: '</s>', tokenizer_class: 'PreTrainedTokenizerFast' }),
    )
    return to
  }
  const bridge = async (...argv: string[]) => {
    const said = { out: '', err: '' }
    const code = await runBinary(binary, ['bridge', ...argv, '--json', '--quiet'], {
      stdout: (s) => (said.out += s),
      stderr: (s) => (said.err += s),
    })
    return { code, ...said }
  }

  it('is SAFE_CACHE, for the command unless --no-cache is given', async () => {
    const pair = ['--draft', folderOf(40), '--anchor', folderOf(8400)]
    const anew = await bridge(...pair, '--no-cache')
    expect([anew.code, anew.err, kept()]).toEqual([0, '', 0])
    // The same tokenizers are remembered in this process: another pair is one that the cache has to be asked for.
    const other = ['--draft', folderOf(41), '--anchor', folderOf(8401)]
    expect(await bridge(...other)).toMatchObject({ code: 0, err: '' })
    expect(kept()).toBe(1)
    expect(await bridge('--draft', folderOf(8400), '--anchor', folderOf(40))).toMatchObject({ code: 0 })
    expect(kept()).toBe(1)
  })

  it('is the folder given, for the library', async () => {
    const cache = temporary()
    const anchor = toyModel('anchor', large, randomLogits(1, large.size))
    const target = toyModel('draft', draft, randomLogits(2, draft.size))
    await right(alignBeam({ beams: 1 }, { anchor, cache }).apply(target))
    expect(readdirSync(cache)).toHaveLength(1)
    expect(kept()).toBe(1)
  })
})
