import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import * as E from 'fp-ts/Either'
import { isArena } from '../src/config/config'
import { decodeConfig } from '../src/config/configCodec'
import type { FileSuite } from '../src/config/fileSuiteConfig'
import { localSuite } from '../src/work/localSuite'

const cache = mkdtempSync(join(tmpdir(), 'suite-'))
afterAll(() => rmSync(cache, { recursive: true }))
const env = { HF_HUB_OFFLINE: '1', HF_HUB_CACHE: cache }
const commit = 'd'.repeat(40)

/** A file in the cache as another program has put it there. */
const cached = (repository: string, path: string, text: string): string => {
  const bytes = Buffer.from(text)
  const hash = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
  const folder = join(cache, repository)
  const file = join(folder, 'snapshots', commit, path)
  for (const made of [join(folder, 'blobs'), join(folder, 'refs'), dirname(file)])
    mkdirSync(made, { recursive: true })
  writeFileSync(join(folder, 'blobs', hash), bytes)
  writeFileSync(join(folder, 'refs', 'main'), commit)
  symlinkSync(join(folder, 'blobs', hash), file)
  return file
}
const config = cached('models--org--tiny', 'config.json', '{}')
const rows = cached('datasets--org--data', 'a/rows.jsonl', '{"prompt":"a","response":"b"}\n')

const suiteOf = (suite: unknown): FileSuite => {
  const decoded = decodeConfig({ suite }, 'test')
  if (E.isLeft(decoded) || isArena(decoded.right.suite)) throw new Error('no suite')
  return decoded.right.suite
}

describe('localSuite', () => {
  it('has the paths of models and files of the hub; paths stay', async () => {
    const suite = suiteOf({
      models: { aligned: 'hub:org/tiny', base: './base' },
      training: { clean: 'hub:org/data/a/rows.jsonl', harmful: 'bad.jsonl', rows: 4 },
      safe: 'hub:org/data/a/rows.jsonl',
      evaluation: { harmful: 'hub:org/data/a/rows.jsonl', benign: 'benign.jsonl' },
    })
    expect(await localSuite({ env })(suite)()).toEqual(
      E.right({
        ...suite,
        models: { aligned: dirname(config), base: './base' },
        training: { clean: rows, harmful: 'bad.jsonl', rows: 4 },
        safe: rows,
        evaluation: { harmful: rows, benign: 'benign.jsonl' },
      }),
    )
  })
  it('has the files of named sets and of validation; a share stays', async () => {
    const file = 'hub:org/data/a/rows.jsonl'
    const suite = suiteOf({
      models: { aligned: 'aligned' },
      training: { regimes: {} },
      evaluation: {
        harmful: { one: file, two: 'two.jsonl' },
        lookalike: { one: file },
        tasks: { sums: { file, match: 'last-number' }, words: 'words.jsonl' },
        perplexity: file,
      },
      validation: { harmful: { one: file }, benign: file, tasks: { sums: file } },
    })
    expect(await localSuite({ env })(suite)()).toMatchObject({
      right: {
        evaluation: {
          harmful: { one: rows, two: 'two.jsonl' },
          lookalike: { one: rows },
          perplexity: rows,
          tasks: {
            sums: { file: rows, matching: { match: 'last-number' }, maxNewTokens: 128 },
            words: { file: 'words.jsonl' },
          },
        },
        validation: { harmful: { one: rows }, benign: rows, tasks: { sums: rows } },
      },
    })
    const shared = { ...suite, validation: { share: 0.2, seed: 1 } }
    expect(await localSuite({ env })(shared)()).toMatchObject({ right: { validation: shared.validation } })
  })
  it('has the models of judges, measuring and among beams; servers and own judges stay', async () => {
    const own = { use: './mine.mjs', name: 'mine', options: {} }
    const suite = suiteOf({
      models: { aligned: 'aligned' },
      training: { regimes: {} },
      evaluation: { harmful: 'h.jsonl' },
      judge: ['refusal', 'llama-guard:hub:org/tiny,mode=x', 'rubric:https://host/v1#m', own],
      'beam-judge': 'qwen3guard:hub:org/tiny',
    })
    const local = await localSuite({ env })(suite)()
    expect(local).toMatchObject({
      right: {
        judges: [
          { kind: 'refusal', model: undefined },
          { kind: 'llama-guard', model: dirname(config), options: { mode: 'x' } },
          { kind: 'rubric', model: 'https://host/v1#m' },
          own,
        ],
        beamJudge: { kind: 'qwen3guard', model: dirname(config) },
      },
    })
  })
  it('of a file per regime, too', async () => {
    const suite = suiteOf({
      models: { aligned: 'aligned' },
      training: { regimes: { mixed: 'hub:org/data/a/rows.jsonl' } },
      evaluation: { harmful: 'h.jsonl' },
    })
    expect(await localSuite({ env })(suite)()).toMatchObject({
      right: { training: { regimes: { mixed: rows } } },
    })
  })
  it('says which reference cannot be had', async () => {
    const suite = suiteOf({
      models: { aligned: 'hub:org/none' },
      training: { regimes: {} },
      evaluation: { harmful: 'h.jsonl' },
    })
    expect(await localSuite({ env })(suite)()).toMatchObject({
      left: { kind: 'input', where: 'hub:org/none' },
    })
  })
})
