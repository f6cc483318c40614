/** Data files: JSON lines, gzip, JSON arrays and CSV, each compared with a short oracle of its content. */
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { readDataset, readRows } from '../../../src/formats'
import { mutateBytes } from '../mutateBytes'
import { mutateJson } from '../mutateJson'
import type { Random } from '../random'
import { type Subject, settled } from '../subject'

const rows = [
  { id: 'r', prompt: 'a "b" \\ c', response: 'd' },
  {
    messages: [
      { role: 'user', content: 'é' },
      { role: 'assistant', content: '🙂' },
    ],
  },
  { promptTokens: [1, 2], responseTokens: [3] },
  { chosen: '\n\nHuman: a\n\nAssistant: b', rejected: '' },
  { instruction: 'x', input: '', output: 'y', score: 1.5e-3 },
].map((row) => JSON.stringify(row))

const lineMutant = (random: Random): Buffer => {
  const lines = rows.map((row) => (random.chance(0.25) ? mutateJson(row, random) : row))
  const text = Buffer.from(lines.join(random.pick(['\n', '\r\n', '\n\n'])))
  return random.chance(0.5) ? mutateBytes(text, random) : text
}

const depthOf = (u: unknown): number => {
  let level: Array<unknown> = [u]
  for (let depth = 0; ; depth++) {
    level = level.flatMap((v) =>
      typeof v === 'object' && v !== null ? (Object.values(v) as Array<unknown>) : [],
    )
    if (level.length === 0) return depth
  }
}
const isRow = (u: unknown): boolean =>
  typeof u === 'object' && u !== null && !Array.isArray(u) && depthOf(u) <= 150

const textOf = (bytes: Uint8Array): string | undefined => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}
const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

type Expected =
  | { readonly rows: ReadonlyArray<{ readonly line: number; readonly raw: string }> }
  | { readonly badLine?: number }

const linesExpected = (bytes: Uint8Array | undefined): Expected => {
  const text = bytes === undefined ? undefined : textOf(bytes)
  if (text === undefined) return {}
  const found: Array<{ line: number; raw: string }> = []
  for (const [i, line] of text.split('\n').entries()) {
    const raw = line.replace(/\r$/, '')
    if (raw.trim() === '') continue
    if (!isRow(parsed(raw))) return { badLine: i + 1 }
    found.push({ line: i + 1, raw })
  }
  return { rows: found }
}

/** The expected rows, or an error at the first bad line. */
const linesProblem = async (path: string, expected: Expected): Promise<string | undefined> => {
  const read = await readRows(path)()
  const { value, problem } = settled(read)
  if (problem !== undefined) return problem
  if (!('rows' in expected)) {
    if (value !== undefined) return 'a bad file is read'
    return expected.badLine !== undefined &&
      read._tag === 'Left' &&
      read.left.where !== `${path}:${expected.badLine}`
      ? `the error is at ${read.left.where}, not at line ${expected.badLine}`
      : undefined
  }
  if (value === undefined) {
    if (expected.rows.length === 0) return undefined
    // nesting between the oracle's limit and ours may be refused
    return `a good file is refused: ${read._tag === 'Left' ? read.left.message : ''}`
  }
  const same =
    value.length === expected.rows.length &&
    value.every(
      (row, i) =>
        row.raw === expected.rows[i]?.raw &&
        row.line === expected.rows[i].line &&
        JSON.stringify(row.value) === JSON.stringify(JSON.parse(row.raw)),
    )
  if (!same) return 'rows are read wrong'
  return settled(await readDataset(path)()).problem
}

export const jsonLines: Subject = {
  name: 'json-lines',
  share: 8,
  mutant: (random) => ({ 'x.jsonl': lineMutant(random) }),
  problem: (folder, files) =>
    linesProblem(join(folder, 'x.jsonl'), linesExpected(files['x.jsonl'] as Uint8Array)),
}

export const gzipped: Subject = {
  name: 'gzip',
  share: 4,
  mutant: (random) => ({
    'x.jsonl.gz': mutateBytes(gzipSync(random.chance(0.5) ? rows.join('\n') : lineMutant(random)), random),
  }),
  problem: async (folder, files) => {
    let plain: Uint8Array | undefined
    try {
      plain = gunzipSync(files['x.jsonl.gz'] as Uint8Array)
    } catch {
      plain = undefined
    }
    const expected = linesExpected(plain)
    return linesProblem(join(folder, 'x.jsonl.gz'), 'rows' in expected ? expected : {})
  },
}

export const jsonArray: Subject = {
  name: 'json-array',
  share: 4,
  mutant: (random) => {
    const text = `[${rows.join(random.pick([',', ',\n', ' , ']))}]\n`
    return {
      'x.json': random.chance(0.5) ? mutateBytes(Buffer.from(text), random) : mutateJson(text, random),
    }
  },
  problem: async (folder, files) => {
    const path = join(folder, 'x.json')
    const { value, problem } = settled(await readRows(path)())
    if (problem !== undefined) return problem
    const text = textOf(Buffer.from(files['x.json']!))
    if (text === undefined) return value === undefined ? undefined : 'a file that is no text is read'
    if (!text.trimStart().startsWith('[')) return undefined
    const all = parsed(text)
    const good = Array.isArray(all) && all.length > 0 && all.every(isRow)
    if (!good) return value === undefined ? undefined : 'a bad file is read'
    if (value === undefined) return 'a good file is refused'
    if (JSON.stringify(value.map((row) => row.value)) !== JSON.stringify(all)) return 'rows are read wrong'
    if (value.some((row) => JSON.stringify(JSON.parse(row.raw)) !== JSON.stringify(row.value)))
      return 'raw texts are wrong'
    return settled(await readDataset(path)()).problem
  },
}

const table = 'id,prompt,response\r\n1,"a, ""b""\nc",d\r\n2,é 日本,\r\n\r\n3,plain,"x"\r\n'

export const csv: Subject = {
  name: 'csv',
  share: 4,
  mutant: (random) => ({ 'x.csv': mutateBytes(Buffer.from(table), random) }),
  problem: async (folder, files) => {
    const path = join(folder, 'x.csv')
    const { value, problem } = settled(await readRows(path)())
    if (problem !== undefined) return problem
    const text = textOf(files['x.csv'] as Uint8Array)
    if (text === undefined) return value === undefined ? undefined : 'a file that is no text is read'
    if (value === undefined || /["\r]/.test(text.replace(/\r\n/g, '\n')))
      return settled(await readDataset(path)()).problem
    // without quotes a table is lines and commas
    const [header = '', ...lines] = text
      .replace(/\r\n/g, '\n')
      .split('\n')
      .filter((line) => line !== '')
    const names = header.split(',')
    const expected = lines.map((line) =>
      line
        .split(',')
        .reduce<Record<string, string>>((row, cell, i) => ({ ...row, [names[i] ?? '']: cell }), {}),
    )
    return JSON.stringify(value.map((row) => row.value)) === JSON.stringify(expected)
      ? undefined
      : 'rows are read wrong'
  },
}
