/** Methods that name a judge of their own, in place of the one that chooses among beams. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { type DefencePlugin, badInput, dataDefence, decodingDefence } from '@safe/tensor-core/contracts'
import { ownJudge } from '@safe/tensor-core/judges'
import { definePlugin } from '@safe/tensor-core/options'
import { decodeConfig } from '../src/config/configCodec'
import { applied } from '../src/plan/applied'
import { type Bench, openBench } from '../src/plan/bench'
import { namedJudges } from '../src/plan/methodJudges'
import { allMethods } from '../src/plan/methods'
import { loadedName } from '../src/plan/plugins'
import type { BenchPorts } from '../src/plan/ports'
import { judgeWarnings } from '../src/report/judges'
import { stampOf } from '../src/results/stamp'
import { fakeJudge, ports } from './fakes/ports'

const right = <A>(e: E.Either<{ readonly message: string }, A>): A => {
  if (E.isLeft(e)) throw new Error(e.left.message)
  return e.right
}

const plugins: ReadonlyArray<DefencePlugin> = [
  definePlugin({
    name: 'filter',
    stage: 'data',
    summary: 'reads a judge',
    options: { judge: ownJudge },
    needs: ['judge'],
    make: () =>
      TE.right(dataDefence<never>({ name: 'filter', parameters: {}, apply: (data) => TE.right(data) })),
  }),
  definePlugin({
    name: 'door',
    stage: 'decoding',
    summary: 'reads a judge',
    options: { judge: ownJudge },
    needs: ['judge'],
    make: () =>
      TE.right(decodingDefence<never>({ name: 'door', parameters: {}, apply: (model) => TE.right(model) })),
  }),
]

interface Opened {
  readonly bench: E.Either<{ readonly message: string; readonly where?: string | undefined }, Bench>
  readonly events: ReadonlyArray<string>
}

const opened = async (
  data: ReadonlyArray<unknown>,
  decoding: ReadonlyArray<unknown> = [],
  judge?: BenchPorts['judge'],
): Promise<Opened> => {
  const events: string[] = []
  const config = right(
    decodeConfig(
      { suite: 'arena', seeds: [1], stages: { data, training: [], weights: [], decoding }, sweep: 'none' },
      'test',
    ),
  )
  const bench = await openBench(
    {
      ...ports,
      loadModule: () => E.right({ exports: { plugins }, version: '1.0.0' }),
      judge:
        judge ??
        ((choice) => {
          const name = 'kind' in choice ? choice.kind : choice.name
          events.push(`open ${name}`)
          return TE.right({ judge: fakeJudge(name), dispose: () => events.push(`free ${name}`) })
        }),
    },
    config,
  )()
  return { bench, events }
}

const filter = (options: unknown = {}, label = 'filter'): unknown => ({
  use: 'm',
  name: 'filter',
  label,
  options,
})
const door = (options: unknown = {}): unknown => ({ use: 'm', name: 'door', options })

const judgesRead = (bench: Bench): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    allMethods(bench.methods).map((method) => [
      loadedName(method),
      applied(bench, 1, method).reads?.['judge'],
    ]),
  )

describe('the judge of a method', () => {
  it('is found in a configuration before anything is loaded; what names none is left to the opening', () => {
    const config = right(
      decodeConfig(
        {
          suite: 'arena',
          stages: {
            data: [
              filter({ judge: 'qwen3guard:hub:o/m,mode=loose' }),
              [filter({ judge: ',mode=strict' }, 'a'), filter({}, 'b')],
            ],
            training: [],
            weights: [],
            decoding: [],
          },
        },
        'test',
      ),
    )
    expect(namedJudges(config)).toEqual([
      { kind: 'qwen3guard', model: 'hub:o/m', options: { mode: 'loose' } },
    ])
  })

  it('is the one that it names, and decides its cells; without one, the one that chooses among beams', async () => {
    const { bench, events } = await opened([filter({ judge: 'refusal' }), filter({}, 'plain')])
    expect(judgesRead(right(bench))).toEqual({ filter: 'refusal@1', plain: 'beams@1' })
    expect(events).toEqual(['open refusal'])
  })

  it('is opened once for all methods that name it, and freed with the suite', async () => {
    const { bench, events } = await opened([filter({ judge: 'refusal' })], [door({ judge: 'refusal' })])
    expect(events).toEqual(['open refusal'])
    right(bench).suite.dispose?.()
    expect(events).toEqual(['open refusal', 'free refusal'])
  })

  it('adds its model to those that take memory', async () => {
    const { bench } = await opened([filter({ judge: 'llama-guard:models/guard' })])
    expect(right(bench).suite.judgeModels).toEqual(['models/guard'])
  })

  it('is written down, and named where it also measures', async () => {
    const { bench } = await opened([filter({ judge: 'refusal' })], [door()])
    const stamp = stampOf(right(bench), { engine: 'fake', device: '', versions: {} })
    expect(stamp.judges?.ofMethods).toEqual({ filter: { id: 'refusal@1', axes: ['refused', 'degenerate'] } })
    const judges = { measuring: 'refusal@1', beams: 'beams@1', ofMethods: stamp.judges?.ofMethods ?? {} }
    expect(judgeWarnings({ stamp: { ...stamp, judges } }, [])).toEqual([
      'Warning: the judge that filter reads also measured the answers (refusal@1), so attack success flatters filter.',
    ])
  })

  it('changes nothing in what is written where no method names one', async () => {
    const { bench } = await opened([filter()])
    expect(stampOf(right(bench), { engine: 'fake', device: '', versions: {} }).judges).not.toHaveProperty(
      'ofMethods',
    )
  })

  it.each([
    ['no judge at all', ',mode=strict', undefined],
    ['a judge that cannot be opened', 'llama-guard:nowhere', badInput('FileMissing', 'is no folder')],
  ])('%s: refused at the option of the method', async (_, judge, fault) => {
    const { bench } = await opened(
      [filter({ judge })],
      [],
      fault === undefined ? undefined : () => TE.left(fault),
    )
    expect(E.isLeft(bench) ? bench.left.where : 'opened').toMatch(/^stages: filter\.options\.judge/)
  })
})
