/** The commands of `alignbeam`. */
import { type Binary, packageVersion } from '@safe/tensor-core/cli'
import { bridgeCommand } from './bridge'
import { generateCommand } from './generate'
import { serveCommand } from './serve/serve'
import { sweepCommand } from './sweep'

export const binary: Binary = {
  name: 'alignbeam',
  version: packageVersion('@safe/alignbeam', __filename),
  description: "mix a safe anchor's next-token distribution into another model's vocabulary",
  commands: [generateCommand, serveCommand, sweepCommand, bridgeCommand],
}
