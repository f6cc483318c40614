/** A process of a fleet on the fake ports: `fleetMember.ts FOLDER CONFIG.json [INDEX/COUNT]`; prints what it ran as JSON. */
import { readFileSync } from 'node:fs'
import * as E from 'fp-ts/Either'
import { silentTerminal } from '@safe/tensor-core/cli'
import { decodeConfig } from '../../src/config/configCodec'
import { runFleet } from '../../src/work/fleet/runFleet'
import { ports } from './ports'

const [, , out = '', file = '', part = ''] = process.argv
const [index, count] = part.split('/').map(Number)
const config = decodeConfig(JSON.parse(readFileSync(file, 'utf8')), file)
if (E.isLeft(config)) throw new Error(config.left.message)

void runFleet({
  ports,
  portsModule: require.resolve('./ports.ts'),
  config: config.right,
  out,
  terminal: { ...silentTerminal, note: (line) => void process.stderr.write(`${line}\n`) },
  signal: new AbortController().signal,
  times: { beatMs: 300, lookMs: 200, silenceMs: 2500 },
  ...(index === undefined || count === undefined ? {} : { shard: { index, count } }),
})().then((ran) => {
  process.stdout.write(JSON.stringify(ran))
  process.exitCode = E.isLeft(ran) ? (ran.left.kind === 'input' ? 2 : 1) : 0
})
