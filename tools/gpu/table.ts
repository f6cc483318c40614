/**
 * The results of `check.sh` as tables and as one JSON file.
 *
 *   table FOLDER OUT.json      FOLDER holds one file per part, `checks.tsv` and `operations.json`
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isLeft } from 'fp-ts/Either'
import * as t from 'io-ts'
import { type Spread, spreadOf } from '../bench/suite/statistics'
import { casesOf, sizeOf } from './operationCases'

// model ------------------------------------------------------------------------------------------

const Info = t.type({ engine: t.string, device: t.string, gpu: t.boolean })
const Contract = t.type({
  engines: t.array(
    t.type({
      passed: t.number,
      failed: t.number,
      cases: t.array(
        t.intersection([
          t.type({ name: t.string, passed: t.boolean }),
          t.partial({ error: t.number, reason: t.string }),
        ]),
      ),
    }),
  ),
})
const Training = t.type({
  steps: t.number,
  gap: t.number,
  same: t.boolean,
  seconds: t.array(t.number),
  wasm: t.array(t.number),
})
const Small = t.type({
  lora: Training,
  full: Training,
  decoded: t.type({ tokens: t.number, equal: t.number, same: t.boolean }),
})
const Operations = t.type({
  device: t.string,
  operations: t.array(
    t.intersection([t.type({ name: t.string }), t.partial({ seconds: t.array(t.number), failed: t.string })]),
  ),
})
const Anatomy = t.type({
  calls: t.number,
  deviceMs: t.number,
  programs: t.array(t.type({ name: t.string, calls: t.number, ms: t.number })),
})
const Anatomies = t.type({
  bySubmit: t.record(t.string, t.array(t.number)),
  step: Anatomy,
  prompt: Anatomy,
  decoded: t.intersection([Anatomy, t.type({ tokens: t.number })]),
})
const Report = t.intersection([
  t.type({ seconds: t.array(t.number) }),
  t.partial({ cpuSeconds: t.array(t.number) }),
])
const Compared = t.type({
  row: t.type({
    name: t.string,
    what: t.string,
    quantities: t.array(
      t.type({
        what: t.string,
        against: t.string,
        unit: t.string,
        ours: t.number,
        theirs: t.number,
        ratio: t.type({ median: t.number, least: t.number, most: t.number, n: t.number }),
      }),
    ),
    agreement: t.type({ same: t.boolean, how: t.string }),
    rounds: t.array(t.record(t.string, Report)),
  }),
  python: t.union([
    t.type({ torch: t.string, transformers: t.string, peft: t.string }),
    /** The reason why nothing was compared. */
    t.string,
  ]),
})

// reading ----------------------------------------------------------------------------------------

const [folder = '.', out = 'gpu.json'] = process.argv.slice(2)

const raw = (name: string): unknown => {
  const file = join(folder, name)
  if (!existsSync(file)) return undefined
  const last = readFileSync(file, 'utf8').trimEnd().split('\n').at(-1) ?? ''
  try {
    return JSON.parse(last)
  } catch {
    return undefined
  }
}

const part = <A>(codec: t.Type<A, unknown>, name: string): A | undefined => {
  const decoded = codec.decode(raw(name))
  return isLeft(decoded) ? undefined : decoded.right
}

const text = (name: string): string => {
  const file = join(folder, name)
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : ''
}

// cells ------------------------------------------------------------------------------------------

const significant = (x: number): string => (Math.abs(x) >= 100 ? x.toFixed(0) : x.toPrecision(3))
const time = (s: number): string =>
  s < 1e-3 ? `${significant(s * 1e6)} us` : s < 1 ? `${significant(s * 1e3)} ms` : `${significant(s)} s`
const shown = ({ median, least, most, n }: Spread): string =>
  `${time(median)} (${time(least)} to ${time(most)}, n = ${n})`

const print = (...cells: ReadonlyArray<string>): void => {
  process.stdout.write(`| ${cells.join(' | ')} |\n`)
}
const head = (...cells: ReadonlyArray<string>): void => {
  process.stdout.write('\n')
  print(...cells)
  print(...cells.map(() => '---'))
}

// tables -----------------------------------------------------------------------------------------

const rowNames = ['lora-step-float32', 'prefill', 'decode']
const info = part(Info, 'info')
const contract = part(Contract, 'contract')
const small = part(Small, 'small')
const [ours, theirs] = [part(Operations, 'operations-ours'), part(Operations, 'operations-theirs')]
const anatomy = part(Anatomies, 'anatomy')
const compared = rowNames.flatMap((name) => {
  const found = part(Compared, name)
  return found === undefined ? [] : [found]
})

head('machine', '')
print('date', new Date().toISOString().slice(0, 10))
print('card', text('card') || 'no nvidia-smi')
print(
  'engine',
  info === undefined ? 'none started' : `${info.engine} on ${info.device}${info.gpu ? '' : ' (no GPU)'}`,
)
const python = compared[0]?.python
print(
  'compared with',
  typeof python === 'object'
    ? `PyTorch ${python.torch}, transformers ${python.transformers}, peft ${python.peft}; float32 without TF32, eager`
    : (theirs?.device ?? python ?? 'nothing'),
)
print('shape', text('shape'))

const cases = contract?.engines.flatMap((e) => e.cases) ?? []
if (cases.length > 0) {
  const worst = [...cases].sort((a, b) => (b.error ?? 0) - (a.error ?? 0))[0]
  head('contract suite', '')
  print('cases passed', `${cases.filter((c) => c.passed).length} of ${cases.length}`)
  print('largest relative error', `${(worst?.error ?? NaN).toExponential(1)} (${worst?.name ?? ''})`)
  for (const c of cases.filter((one) => !one.passed)) print(`failed: ${c.name}`, c.reason ?? '')
}

if (small !== undefined) {
  head('small model', 'this engine', 'wasm', 'both')
  for (const [what, of] of [
    ['LoRA step', small.lora],
    ['full step', small.full],
  ] as const)
    print(
      what,
      shown(spreadOf(of.seconds)),
      shown(spreadOf(of.wasm)),
      `losses of ${of.steps} steps within ${of.gap.toExponential(1)}`,
    )
  print('completions', '', '', `${small.decoded.equal} of ${small.decoded.tokens} tokens identical`)
}

if (ours !== undefined) {
  const { cases: list } = casesOf(readFileSync(join(folder, 'operations.json'), 'utf8'))
  head('operation', 'ours', 'PyTorch', 'ratio of times', 'ours, per second', 'PyTorch, per second')
  for (const c of list) {
    const of = (side: typeof ours | undefined) => side?.operations.find(({ name }) => name === c.name)
    const [a, b] = [of(ours)?.seconds, of(theirs)?.seconds]
    const rate = (xs: ReadonlyArray<number> | undefined): string =>
      xs === undefined || c.read !== undefined
        ? ''
        : `${significant(sizeOf(c) / spreadOf(xs).median / 1e9)} ${c.product === undefined ? 'GB' : 'GFLOP'}`
    print(
      c.product === undefined ? c.name : `${c.name}, ${c.product.join(' x ')}`,
      a === undefined ? (of(ours)?.failed ?? '') : shown(spreadOf(a)),
      b === undefined ? '' : shown(spreadOf(b)),
      a === undefined || b === undefined ? '' : (spreadOf(a).median / spreadOf(b).median).toFixed(2),
      rate(a),
      rate(b),
    )
  }
}

if (compared.length > 0) {
  head('row', 'side', 'time', 'processor time')
  for (const { row } of compared)
    for (const side of ['ours', 'theirs']) {
      const reports = row.rounds.flatMap((round) => (round[side] === undefined ? [] : [round[side]]))
      if (reports.length > 0)
        print(
          row.name,
          side === 'ours' ? 'ours' : 'PyTorch',
          shown(spreadOf(reports.flatMap(({ seconds }) => seconds))),
          shown(spreadOf(reports.flatMap(({ cpuSeconds }) => cpuSeconds ?? []))),
        )
    }
  head('row', 'measured', 'ours', 'PyTorch', 'ratio', 'rounds')
  for (const { row } of compared) {
    for (const q of row.quantities)
      print(
        row.name,
        q.what,
        `${significant(q.ours)} ${q.unit}`,
        `${significant(q.theirs)} ${q.unit}`,
        `${q.ratio.median.toFixed(2)} (${q.ratio.least.toFixed(2)} to ${q.ratio.most.toFixed(2)})`,
        String(q.ratio.n),
      )
    print(row.name, 'both sides', row.agreement.how, '', '', '')
  }
}

const shownPrograms = 14
const programs = (what: string, { calls, deviceMs, programs: list }: t.TypeOf<typeof Anatomy>): void => {
  head(what, 'calls', 'device time', 'share')
  print('all', String(calls), time(deviceMs / 1e3), '')
  for (const { name, calls: n, ms } of list.slice(0, shownPrograms))
    print(name, String(n), time(ms / 1e3), `${((100 * ms) / deviceMs).toFixed(0)} %`)
}

if (anatomy !== undefined) {
  head('LoRA step, programs submitted together', 'time')
  for (const [size, seconds] of Object.entries(anatomy.bySubmit)) print(size, shown(spreadOf(seconds)))
  programs('programs of a LoRA step', anatomy.step)
  programs('programs of a batch of prompts and one token', anatomy.prompt)
  programs(`programs of the same and ${anatomy.decoded.tokens - 1} more tokens`, anatomy.decoded)
}

const checks = text('checks.tsv')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => line.split('\t'))
head('check', 'verdict', 'seconds', '')
for (const cells of checks) print(...cells)

// the file ---------------------------------------------------------------------------------------

writeFileSync(
  out,
  `${JSON.stringify(
    {
      date: new Date().toISOString(),
      card: text('card'),
      shape: text('shape'),
      checks,
      info: raw('info'),
      contract: raw('contract'),
      small: raw('small'),
      operations: { ours: raw('operations-ours'), theirs: raw('operations-theirs') },
      anatomy: raw('anatomy'),
      rows: Object.fromEntries(rowNames.map((name) => [name, raw(name)])),
    },
    null,
    1,
  )}\n`,
)
