/** What a method's requests for training are answered from: the work store, except under a rule of its own. */
import { mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type LoraAdapter,
  type TrainingDefence,
  matrix,
  noDefence,
  textExample,
  trainingDefence,
} from '@safe/tensor-core/contracts'
import { decodeConfig } from '../src/config/configCodec'
import { openBench } from '../src/plan/bench'
import type { BenchPorts } from '../src/plan/ports'
import { openModels } from '../src/work/models'
import { resourcesOf } from '../src/work/resources'
import type { Site } from '../src/work/site'
import { folderStore } from '../src/store'
import { workStore } from '../src/work/workStore'
import { ports } from './fakes/ports'

const right = <A>(e: E.Either<{ readonly message: string }, A>): A => {
  if (E.isLeft(e)) throw new Error(e.left.message)
  return e.right
}
const data = { name: 'rows', examples: [textExample('a', 'ask', 'fine')] }
const rule = (name: string, parameters = {}): TrainingDefence =>
  trainingDefence<never>({ name, parameters, apply: (inner) => TE.right(inner) })

/** A site whose trainings are counted, and give each another adapter. */
const opened = async () => {
  const trained: string[] = []
  const train: BenchPorts['train'] = ({ defence }) =>
    TE.fromIO((): LoraAdapter => {
      trained.push(defence.steps.map(({ name }) => name).join('+'))
      const A = matrix(1, 1, Float32Array.of(trained.length))
      const B = matrix(1, 1, Float32Array.of(1))
      return {
        ...{ modules: [{ name: 'm', A, B, scale: 1 }], config: {}, metadata: {} },
        ...{ dtype: 'F32', extras: [] },
      }
    })
  const none = { data: [], training: [], weights: [], decoding: [] }
  const config = right(decodeConfig({ suite: 'arena', seeds: [1], stages: none }, 'test'))
  const bench = right(await openBench({ ...ports, train }, config)())
  const store = folderStore(mkdtempSync(join(tmpdir(), 'resources-')))
  const { signal } = new AbortController()
  const site: Site = {
    ...{
      bench,
      engine: { engine: 'fake', device: 'none', versions: {} },
      store,
      memo: workStore(store, signal),
    },
    ...{ models: openModels(ports), signal, onProgress: () => undefined },
  }
  const number = (defence?: TrainingDefence): Promise<number | undefined> =>
    pipe(
      resourcesOf(site, 1).train(data, { epochs: 2 }, undefined, defence),
      TE.map(({ modules }) => modules[0]?.A.data[0]),
    )().then(right)
  return { trained, number, kept: () => readdirSync(join(store.folder, 'work')).length }
}

describe('training for a method', () => {
  it('is done once without a rule, and each time with one: neither is answered from the other', async () => {
    const { trained, number, kept } = await opened()
    expect([await number(), await number()]).toEqual([1, 1])
    const places = kept()
    expect([await number(rule('own')), await number(rule('own'))]).toEqual([2, 3])
    expect([await number(), kept()]).toEqual([1, places])
    expect(trained).toEqual(['', 'own', 'own'])
  })
  it('is not kept under a rule, even one that says what it reads', async () => {
    const { number, kept } = await opened()
    const known = rule('own')
    const reading = { ...known, steps: known.steps.map((step) => ({ ...step, reads: {} })) }
    expect([await number(reading), await number(reading), await number()]).toEqual([1, 2, 3])
    expect(kept()).toBe(1)
  })
  it('is the same without a rule and with none', async () => {
    const { trained, number } = await opened()
    expect([await number(noDefence.training), await number()]).toEqual([1, 1])
    expect(trained).toHaveLength(1)
  })
})
