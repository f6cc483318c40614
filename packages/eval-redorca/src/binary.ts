/** The command line of this package: `redorca`. */
import type { Binary } from '@safe/tensor-core/cli'
import { ownVersion } from './bench/versions'
import { arenaCommand } from './commands/arena'
import { benchCommand } from './commands/bench'
import { compareCommand } from './commands/compare'
import { judgeCommand, judgesCommand } from './commands/judge'
import { quickstartCommand } from './commands/quickstart'
import { reportCommand } from './commands/report'
import { holmCommand, kappaCommand, wilsonCommand } from './commands/stats'
import { validateCommand } from './commands/validate'

/** The binary `redorca`. */
export const binary: Binary = {
  name: 'redorca',
  version: ownVersion(),
  description: 'benchmarks combinations of safety defences, judges answers, compares systems',
  commands: [
    quickstartCommand,
    benchCommand,
    reportCommand,
    arenaCommand,
    judgesCommand,
    judgeCommand,
    validateCommand,
    compareCommand,
    wilsonCommand,
    kappaCommand,
    holmCommand,
  ],
}
