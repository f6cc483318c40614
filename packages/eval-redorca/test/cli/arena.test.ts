/** `redorca arena`: the files of both sides of the evaluation, and models of another world. */
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import type { Example } from '@safe/tensor-core/contracts'
import { readDataset } from '@safe/tensor-core/formats'
import { file, folder, runWith } from '../fakes/commandLine'

const run = runWith()
const rowsOf = async (path: string): Promise<ReadonlyArray<Example>> => {
  const data = await readDataset(path)()
  if (E.isLeft(data)) throw new Error(data.left.message)
  return data.right.examples
}

describe('arena', () => {
  const out = join(folder(), 'arena')
  it('writes the test and the validation apart, rows with their clusters', async () => {
    expect((await run('arena', '--out', out)).code).toBe(0)
    for (const [set, test, validation] of [
      ['harmful', 144, 108],
      ['lookalike', 90, 72],
      ['benign', 32, 16],
      ['task', 100, 50],
    ] as const) {
      const [tested = [], held = []] = await Promise.all(
        [`${set}.jsonl`, `${set}-validation.jsonl`].map((name) => rowsOf(join(out, name))),
      )
      expect([tested.length, held.length]).toEqual([test, validation])
      const clusters = new Set(tested.map(({ fields }) => fields['cluster']))
      expect(clusters).not.toContain(undefined)
      expect(held.filter(({ fields }) => !('cluster' in fields) || clusters.has(fields['cluster']))).toEqual(
        [],
      )
    }
  })

  it('writes a folder of models that a suite of this world takes', async () => {
    const suite = (world: number): string =>
      file('c.yaml', { suite: { arena: { world, models: join(out, 'models') } } })
    expect((await run('bench', '--config', suite(2026), '--print-config')).code).toBe(0)
    const { code, err } = await run('bench', '--config', suite(3), '--print-config')
    expect(code).toBe(2)
    expect(err).toContain('contains models of world 2026, not of world 3')
  })

  it('names the command that builds the models of another world', async () => {
    const { code, err } = await run('arena', '--out', join(folder(), 'arena'), '--world', '3')
    expect(code).toBe(2)
    expect(err).toContain('npm run arena:build -- --world 3 --out')
  })
})
