/** The command line of this package: `redorca`. */
import type { Binary } from '@safe/tensor-core/cli'
import { ownVersion } from '../plan/versions'
import { arenaCommand } from './arena'
import { benchCommand } from './bench'
import { buildCommand } from './build'
import { compareCommand } from './compare'
import { judgeCommand, judgesCommand } from './judge'
import { judgeExamplesCommand } from './judgeExamples'
import { labelCommand } from './label'
import { quickstartCommand } from './quickstart'
import { reportCommand } from './report'
import { rescoreCommand } from './rescore'
import { holmCommand, kappaCommand, wilsonCommand } from './stats'
import { validateCommand } from './validate'
import { winrateCommand } from './winrate'

/** The binary `redorca`. */
export const binary: Binary = {
  name: 'redorca',
  version: ownVersion(),
  description: 'benchmarks combinations of safety defences, judges answers, compares systems',
  groups: { stats: 'intervals, agreement and adjusted p-values, for scripts' },
  commands: [
    quickstartCommand,
    benchCommand,
    reportCommand,
    rescoreCommand,
    arenaCommand,
    judgesCommand,
    judgeCommand,
    labelCommand,
    judgeExamplesCommand,
    validateCommand,
    winrateCommand,
    compareCommand,
    buildCommand,
    wilsonCommand,
    kappaCommand,
    holmCommand,
  ],
}
