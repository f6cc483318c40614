/**
 * The speed of `alignbeam serve`, over HTTP: what draft and anchor together cost beside the draft alone, what a batch gains over
 * one request at a time, and how soon /healthz answers meanwhile. Each round measures all of it in turn; ratios are of one round.
 *
 *   node --conditions=@safe/source --import tsx tools/bench/serving.ts
 *     [--draft DIR --anchor DIR] [--shape 12x768|smollm2|small|tiny] [--rounds 3] [--requests 4] [--clients 16] [--tokens 64]
 *     [--engine native] [--json FILE]
 *
 * Without models, two with random weights are made in the shape named. Prompts are words of no meaning, each of its own.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Asked, type Timed, complete, servedModels, watchHealth } from './serving/client'
import { writePair } from './serving/models'
import { startServer } from './serving/server'
import { hardware } from './suite/machine'
import { shapes } from './suite/shapes'
import { type Spread, spreadOf } from './suite/statistics'

// options ----------------------------------------------------------------------------------------

const { values } = parseArgs({
  options: {
    draft: { type: 'string' },
    anchor: { type: 'string' },
    shape: { type: 'string', default: '12x768' },
    rounds: { type: 'string', default: '3' },
    requests: { type: 'string', default: '4' },
    clients: { type: 'string', default: '16' },
    tokens: { type: 'string', default: '64' },
    engine: { type: 'string', default: 'native' },
    json: { type: 'string' },
  },
})

const whole = (name: string, text: string): number => {
  const n = Number(text)
  if (!Number.isInteger(n) || n < 1) throw new Error(`--${name} ${text}: give a whole number from 1`)
  return n
}

const rounds = whole('rounds', values.rounds)
const requests = whole('requests', values.requests)
const clients = whole('clients', values.clients)
const maxTokens = whole('tokens', values.tokens)

// measuring --------------------------------------------------------------------------------------

const promptOf = (n: number): string =>
  Array.from({ length: 24 }, (_, i) => `w${(n * 131 + i * 17) % 1000}`).join(' ')

/** Seconds per token of requests one after the other. */
const alone = async (
  url: string,
  model: string,
  beams: number,
  from: number,
): Promise<ReadonlyArray<Timed>> => {
  const out: Timed[] = []
  for (let i = 0; i < requests; i++)
    out.push(await complete(url, { model, prompt: promptOf(from + i), maxTokens, beams }))
  return out
}

const sum = (xs: ReadonlyArray<number>): number => xs.reduce((a, b) => a + b, 0)
const perToken = (all: ReadonlyArray<Timed>): number =>
  sum(all.map(({ seconds }) => seconds)) / sum(all.map(({ tokens }) => tokens))

interface Round {
  readonly overheadOne: number
  readonly overheadThree: number
  readonly oneClient: number
  readonly manyClients: number
  readonly gain: number
  readonly slowestHealth: number
  /** Whether each answer of the batch equals the answer to the same prompt alone. */
  readonly equal: boolean
}

const measure = async (url: string, pair: string, draft: string, round: number): Promise<Round> => {
  const from = round * 1000
  const ours = await alone(url, draft, 1, from)
  const one = await alone(url, pair, 1, from)
  const three = await alone(url, pair, 3, from)
  const health = watchHealth(url, 50)
  const started = performance.now()
  const asks = (n: number): Asked => ({ model: pair, prompt: promptOf(from + n), maxTokens, beams: 1 })
  const many = await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      const out: Timed[] = []
      for (let i = 0; i < requests; i++) out.push(await complete(url, asks(client * requests + i)))
      return out
    }),
  )
  const seconds = (performance.now() - started) / 1000
  const healthy = await health()
  const manyRate = sum(many.flat().map(({ tokens }) => tokens)) / seconds
  return {
    overheadOne: perToken(one) / perToken(ours),
    overheadThree: perToken(three) / perToken(ours),
    oneClient: 1 / perToken(one),
    manyClients: manyRate,
    gain: manyRate * perToken(one),
    slowestHealth: Math.max(...healthy),
    equal: one.every(({ text }, i) => many[0]?.[i]?.text === text),
  }
}

// table ------------------------------------------------------------------------------------------

const shown = ({ median, least, most, n }: Spread, digits: number, unit = ''): string =>
  `${median.toFixed(digits)}${unit} (${least.toFixed(digits)} to ${most.toFixed(digits)}, ${n} rounds)`

const main = async (): Promise<void> => {
  const shape = shapes.get(values.shape)
  if (shape === undefined)
    throw new Error(`--shape ${values.shape}: there are ${[...shapes.keys()].join(', ')}`)
  const folder = mkdtempSync(join(tmpdir(), 'safe-serving-'))
  const { draft, anchor } = values
  const pair =
    draft !== undefined && anchor !== undefined ? { draft, anchor } : await writePair(folder, shape)
  const server = await startServer(pair, values.engine, [])
  try {
    const [name = '', ...parts] = await servedModels(server.url)
    const draftName = parts.find((id) => id.endsWith('/draft')) ?? ''
    await complete(server.url, { model: name, prompt: promptOf(0), maxTokens: 8, beams: 3 })
    const all: Round[] = []
    for (let round = 1; round <= rounds; round++) all.push(await measure(server.url, name, draftName, round))
    const of = (key: keyof Omit<Round, 'equal'>): Spread => spreadOf(all.map((round) => round[key]))
    const lines = [
      `draft and anchor, 1 beam / draft alone: ${shown(of('overheadOne'), 2)}`,
      `draft and anchor, 3 beams / draft alone: ${shown(of('overheadThree'), 2)}`,
      `one client: ${shown(of('oneClient'), 1, ' tokens/s')}`,
      `${clients} clients: ${shown(of('manyClients'), 1, ' tokens/s')}`,
      `${clients} clients / one client: ${shown(of('gain'), 2)}`,
      `slowest /healthz: ${shown(of('slowestHealth'), 3, ' s')}`,
      `answers in the batch equal those alone: ${all.every(({ equal }) => equal)}`,
    ]
    process.stdout.write(`${lines.join('\n')}\n`)
    if (values.json !== undefined)
      writeFileSync(values.json, JSON.stringify({ machine: hardware(), values, rounds: all }, undefined, 2))
  } finally {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

void main()
