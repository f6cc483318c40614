/** A run whose results are in S3, with real worker processes, on the ports without tensors of `fakes/ports.ts`. */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { silentTerminal } from '@safe/tensor-core/cli'
import { decodeConfig } from '../../src/config/configCodec'
import { readResults } from '../../src/results/resultsFile'
import { type StorePlace, openStore, storePlace } from '../../src/store'
import { run } from '../../src/work/run'
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

const place = (folder: string): StorePlace => right(storePlace(`s3://${bucket}/runs`, folder))

it('leaves everything in the store, from which another machine can report', async () => {
  Object.assign(process.env, { AWS_ENDPOINT_URL: server().url })
  const [here, there] = [temporaryFolder(), temporaryFolder()]
  const { results } = right(
    await run({
      ports,
      portsModule: require.resolve('../fakes/ports.ts'),
      config: right(decodeConfig(config, 'test')),
      out: here,
      store: place(here),
      terminal: silentTerminal,
      signal: new AbortController().signal,
      execArgv: process.execArgv,
    })(),
  )
  expect(existsSync(join(here, '.incoming'))).toBe(false)

  const store = right(await openStore(place(there))())
  expect(right(await store.documents.list('leases')())).toEqual([])
  expect(right(await store.documents.read('config.yaml')())).toContain('poison:0.05')
  const ids = results.cells.map(({ id }) => id)
  expect([...right(await store.list('cells')())].sort()).toEqual([...ids].sort())
  for (const id of ids) expect(right(await store.get(`cells/${id}`)())).toBe(true)
  writeFileSync(join(there, 'results.json'), right(await store.documents.read('results.json')()) ?? '')
  expect(right(await readResults(there)()).results.cells).toEqual(results.cells)
  await store.close()
})
