/** A run whose results are in S3, with real worker processes, on the ports without tensors of `fakes/ports.ts`. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { silentTerminal } from '@safe/tensor-core/cli'
import { decodeConfig } from '../../src/config/configCodec'
import { readResults } from '../../src/results/resultsFile'
import { storePlace } from '../../src/store'
import { type Ran, run } from '../../src/work/run'
import { ports } from '../fakes/ports'
import { right, temporaryFolder } from './contract'
import { bucket, s3Fixture } from './s3Fixture'

const { server } = s3Fixture()

const config = {
  regimes: ['poison:0.05'],
  seeds: [1],
  workers: 1,
  stages: {
    data: [],
    training: [],
    weights: [{ use: 'fake-methods', name: 'shrink', control: false }],
    decoding: [],
  },
}

const runInto = async (out: string): Promise<Ran> =>
  right(
    await run({
      ports,
      portsModule: require.resolve('../fakes/ports.ts'),
      config: right(decodeConfig(config, 'test')),
      out,
      store: right(storePlace(`s3://${bucket}/runs`, out)),
      terminal: silentTerminal,
      signal: new AbortController().signal,
      execArgv: ['--conditions=@safe/source', '--import', 'tsx'],
    })(),
  )

it('leaves everything in the store; another machine computes nothing and can report', async () => {
  const log = join(temporaryFolder(), 'log')
  writeFileSync(log, '')
  Object.assign(process.env, { FAKE_LOG: log, AWS_ENDPOINT_URL: server().url })
  const trained = (): number =>
    readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => /^train/.test(line)).length
  const [here, there] = [temporaryFolder(), temporaryFolder()]
  const first = await runInto(here)
  const before = trained()
  expect(before).toBeGreaterThan(0)
  const keys = [...server().objects.keys()]
  expect(keys).toEqual(expect.arrayContaining(['runs/config.yaml', 'runs/results.json']))
  expect(keys.filter((key) => key.startsWith('runs/leases/'))).toEqual([])
  expect(existsSync(join(here, '.incoming'))).toBe(false)

  const again = await runInto(there)
  expect(trained()).toBe(before)
  expect(again.results.cells.map(({ id }) => id)).toEqual(first.results.cells.map(({ id }) => id))
  expect(right(await readResults(there)()).results.cells).toHaveLength(first.results.cells.length)
  expect(server().objects.get('runs/results.json')?.body.toString()).toBe(
    readFileSync(join(there, 'results.json'), 'utf8'),
  )
})
