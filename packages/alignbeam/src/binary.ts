/** The commands of `alignbeam`. */
import type { Binary } from '@safe/tensor-core/cli'
import { bridgeCommand } from './commands/bridge'
import { generateCommand } from './commands/generate'
import { version } from './version'

export const binary: Binary = {
  name: 'alignbeam',
  version,
  description: "mix a safe anchor's next-token distribution into another model's vocabulary",
  commands: [generateCommand, bridgeCommand],
}
