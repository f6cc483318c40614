/**
 * The speed table of the decoder, compared with PyTorch, transformers and peft: each measurement runs in a new process, the two
 * sides alternate, a ratio is computed per round, and a check makes sure that both sides computed the same.
 *
 *   PYTHON=python3 node --conditions=@safe/source --import tsx tools/bench/suite.ts
 *     [--rows lora-step-float32,decode] [--rounds 5] [--threads N] [--shape 12x768|smollm2|small|tiny] [--engine native]
 *     [--markdown] [--into docs/performance.md] [--json FILE]
 *
 * PYTHON names an interpreter with the packages of tools/bench/suite/requirements.txt. `--markdown` prints only the tables of
 * docs/performance.md, `--into FILE` writes them there; `--json FILE` writes all measurements, round by round. `--list` names the
 * rows. Rows of real models read them from SAFE_REAL_MODELS (see suite/realModels.ts).
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Setting, referenceProgram, run } from './suite/child'
import { machine } from './suite/machine'
import { type Measurement, type RowResult, measureRow } from './suite/measureRow'
import { pythonVersions } from './suite/python'
import { type RealModel, realFolder, realShapes } from './suite/realModels'
import { realModelFolder } from './suite/real/wholeProcess'
import type { Row } from './suite/row'
import { rows } from './suite/rows'
import { type Shape, shapes } from './suite/shapes'
import { type SuiteResult, markdown } from './suite/table'
import { checkDocument, putInto } from './suite/document'

// options ----------------------------------------------------------------------------------------

interface Options {
  readonly rows: ReadonlyArray<Row>
  readonly rounds: number
  readonly threads: number
  readonly shapeName: string
  readonly shape: Shape
  readonly engine: string
  readonly markdown: boolean
  readonly json: string | undefined
  readonly into: string | undefined
}

const positive = (name: string, text: string): number => {
  const n = Number(text)
  if (!Number.isInteger(n) || n < 1) throw new Error(`--${name} ${text}: give a whole number from 1`)
  return n
}

const chosenRows = (names: string | undefined): ReadonlyArray<Row> =>
  names === undefined
    ? rows
    : names.split(',').map((name) => {
        const found = rows.find((row) => row.name === name)
        if (found === undefined)
          throw new Error(`--rows ${name}: there are ${rows.map((row) => row.name).join(', ')}`)
        return found
      })

const options = (): Options | undefined => {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string' },
      rounds: { type: 'string', default: '5' },
      threads: { type: 'string', default: String(availableParallelism()) },
      shape: { type: 'string', default: '12x768' },
      engine: { type: 'string', default: 'native' },
      markdown: { type: 'boolean', default: false },
      json: { type: 'string' },
      into: { type: 'string' },
      list: { type: 'boolean', default: false },
    },
  })
  if (values.list) {
    for (const { name, what } of rows) process.stdout.write(`${name}\n  ${what}\n`)
    return undefined
  }
  const shape = shapes.get(values.shape)
  if (shape === undefined)
    throw new Error(`--shape ${values.shape}: there are ${[...shapes.keys()].join(', ')}`)
  return {
    rows: chosenRows(values.rows),
    rounds: positive('rounds', values.rounds),
    threads: positive('threads', values.threads),
    shapeName: values.shape,
    shape,
    engine: values.engine,
    markdown: values.markdown,
    json: values.json,
    into: values.into,
  }
}

// the run ----------------------------------------------------------------------------------------

const describe = (name: string, s: Shape): string =>
  `${name}: Llama, ${s.layers} layers of ${s.hidden}, ${s.heads} heads${s.kvHeads === undefined ? '' : ` (${s.kvHeads} of keys and values)`}, MLP ${s.intermediate}, vocabulary ${s.vocab}; ` +
  `batch ${s.rows} x ${s.length}, LoRA rank ${s.rank} on q and v; prompts of ${s.prompt}, ${s.newTokens} new tokens`

const say = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

/** The real models that the rows need and that are there, with what both sides read beside them. */
const adopted = async (
  o: Options,
  setting: Setting,
): Promise<ReadonlyMap<RealModel, Pick<Measurement, 'shape' | 'setting'>>> => {
  const found = new Map<RealModel, Pick<Measurement, 'shape' | 'setting'>>()
  for (const real of new Set(o.rows.flatMap((row) => row.real ?? []))) {
    const [model, shape] = [realFolder(real), realShapes[real]]
    if (model === undefined) continue
    const folder = join(setting.folder, real)
    await run(
      referenceProgram(setting, 'adopt', folder, model, JSON.stringify(shape)),
      `the files of ${real}`,
    )
    found.set(real, { shape, setting: { ...setting, folder } })
  }
  return found
}

const measureAll = async (o: Options, setting: Setting): Promise<SuiteResult> => {
  const about = machine(await pythonVersions(setting))
  if (o.rows.some((row) => row.real === undefined))
    await run(referenceProgram(setting, 'make', setting.folder, JSON.stringify(o.shape)), 'making the files')
  const results: RowResult[] = []
  const failed: Array<{ readonly name: string; readonly why: string }> = []
  const real = await adopted(o, setting)
  for (const row of o.rows) {
    if (row.whole !== undefined && realModelFolder(row.whole) === undefined) {
      say(`${row.name} is left out: there is no real model ${row.whole.model}`)
      continue
    }
    try {
      const own = row.real === undefined ? { shape: o.shape, setting } : real.get(row.real)
      if (own === undefined) say(`${row.name} is left out: there is no real model ${row.real ?? ''}`)
      else results.push(await measureRow(row, { ...own, rounds: o.rounds, say }))
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      say(why)
      failed.push({ name: row.name, why: why.split('\n').slice(-1).join('') })
    }
  }
  return { machine: about, shape: describe(o.shapeName, o.shape), threads: o.threads, rows: results, failed }
}

const main = async (): Promise<number> => {
  const o = options()
  if (o === undefined) return 0
  if (o.into !== undefined) checkDocument(o.into)
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  process.once('SIGINT', () => process.exit(130))
  process.once('SIGTERM', () => process.exit(143))
  const python = process.env['PYTHON'] ?? 'python3'
  const started = performance.now()
  const result = await measureAll(o, { folder, engine: o.engine, threads: o.threads, python })
  if (o.json !== undefined) writeFileSync(o.json, `${JSON.stringify(result, null, 2)}\n`)
  if (o.into !== undefined) putInto(o.into, markdown(result))
  process.stdout.write(`${markdown(result)}\n`)
  const same = result.rows.filter((row) => row.agreement.same).length
  const tried = result.rows.length + result.failed.length
  const judged = result.rows.flatMap((row) => row.quantities).filter((q) => q.held !== undefined)
  if (!o.markdown)
    process.stdout.write(
      `\n${same} of ${tried} rows measured with both sides computing the same, ` +
        `${judged.filter((q) => q.held === true).length} of ${judged.length} targets held, ` +
        `${((performance.now() - started) / 60_000).toFixed(1)} minutes\n`,
    )
  return same === tried ? 0 : 1
}

main().then(
  (code) => process.exit(code),
  (cause: unknown) => {
    say(cause instanceof Error ? cause.message : String(cause))
    process.exit(2)
  },
)
