/**
 * The error of filtered subspaces on a real displacement, against the exact ones: how far the corrected update of a random adapter is from
 * the exact one for several degrees, beside the estimate that csulora reports, the rank and the captured energy.
 *
 *   node --conditions=@safe/source --import tsx tools/bench/csulora/filterError.ts --base DIR --aligned DIR
 *     [--modules model.layers.3.self_attn.q_proj,...] [--degrees 40,80,160] [--rank 16] [--energy 0.95] [--engine auto]
 *
 * Without --modules: every 2-dimensional weight of a layer that base and aligned share and whose shorter side is at least --from (512).
 */
import { parseArgs } from 'node:util'
import * as E from 'fp-ts/Either'
import type * as TE from 'fp-ts/TaskEither'
import { type CorrectionRule, correctionSteps } from '@safe/csulora'
import type { Fault } from '@safe/tensor-core/contracts'
import { type EngineName, engineNames, selectEngine } from '@safe/tensor-core/engine'
import { openWeights } from '@safe/tensor-core/formats'
import {
  type Dense,
  type Large,
  type Pausable,
  filterSteps,
  frobenius,
  generate,
  inOneGo,
  matrixEngine,
  multiply,
  spectrumSteps,
  subspacesOf,
  subtract,
} from '@safe/tensor-core/linalg'
import { stream } from '@safe/tensor-core/random'

// options ----------------------------------------------------------------------------------------

const { values } = parseArgs({
  options: {
    base: { type: 'string' },
    aligned: { type: 'string' },
    modules: { type: 'string' },
    degrees: { type: 'string', default: '40,80,160' },
    rank: { type: 'string', default: '16' },
    energy: { type: 'string', default: '0.95' },
    engine: { type: 'string', default: 'auto' },
    from: { type: 'string', default: '512' },
  },
})
if (values.base === undefined || values.aligned === undefined)
  throw new Error('give --base and --aligned: two checkpoints of one model')

const right = async <A>(task: TE.TaskEither<Fault, A>): Promise<A> => {
  const result = await task()
  if (E.isLeft(result)) throw new Error(`${result.left.where ?? ''} ${result.left.message}`)
  return result.right
}

const engineOf = (name: string): EngineName | 'auto' => engineNames.find((known) => known === name) ?? 'auto'

// measurement ------------------------------------------------------------------------------------

const rule: CorrectionRule = { method: 'csulora', beta: 0.05, tau: 0.5, seed: 42 }
const rank = { energy: Number(values.energy) }
const degrees = values.degrees.split(',').map(Number)

const gaussian = (rows: number, cols: number, key: string): Dense => {
  const draw = stream(1, key)
  return generate(rows, cols, () => draw.normal())
}

function* measured(name: string, v: Large): Pausable<ReadonlyArray<string>> {
  const engine = matrixEngine()
  if (engine === undefined) return ['this engine has no filters']
  const d = { B: gaussian(v.rows, Number(values.rank), 'B'), A: gaussian(Number(values.rank), v.cols, 'A') }
  const exactSpaces = subspacesOf(v, yield* spectrumSteps(v), rank)
  const exact = yield* correctionSteps(rule, name, d, v, exactSpaces)
  const updateOf = ({ factors = d }: typeof exact): Dense => multiply(factors.B, factors.A)
  const wanted = updateOf(exact)
  const lines = yield* filterSteps(
    v,
    engine,
    { rank, seed: 42, columns: 2 * Number(values.rank) },
    function* (_, at) {
      const out: string[] = []
      for (const degree of degrees) {
        const spaces = at(degree)
        const found = yield* correctionSteps(rule, name, d, v, spaces)
        const error = frobenius(subtract(updateOf(found), wanted)) / frobenius(wanted)
        out.push(
          [
            name,
            `${v.rows}x${v.cols}`,
            degree,
            error.toFixed(4),
            (found.report.updateError ?? 0).toFixed(4),
            `${spaces.rankLeft}/${exactSpaces.rankLeft}`,
            `${spaces.capturedLeft.toFixed(4)}/${exactSpaces.capturedLeft.toFixed(4)}`,
          ].join('\t'),
        )
      }
      return out
    },
  )
  return lines ?? [`${name}\t${v.rows}x${v.cols}\tnot suited: csulora takes the exact route`]
}

const main = async (base: string, aligned: string): Promise<void> => {
  await right(selectEngine(engineOf(values.engine)))
  const [before, after] = [await right(openWeights(base)), await right(openWeights(aligned))]
  const names =
    values.modules?.split(',').map((name) => `${name}.weight`) ??
    [...after.tensors]
      .filter(
        ([name, { shape }]) =>
          /layers\.\d+\./.test(name) && shape.length === 2 && Math.min(...shape) >= Number(values.from),
      )
      .map(([name]) => name)
  process.stdout.write('module\tshape\tdegree\terror\testimate\trank/exact\tcaptured/exact\n')
  for (const name of names) {
    const [rows = 0, cols = 0] = after.tensors.get(name)?.shape ?? []
    const [w, v] = [await right(before.read(name)), await right(after.read(name))]
    const data = v.map((x, i) => x - (w[i] ?? 0))
    for (const line of inOneGo(measured(name, { rows, cols, data }))) process.stdout.write(`${line}\n`)
  }
}

void main(values.base, values.aligned)
