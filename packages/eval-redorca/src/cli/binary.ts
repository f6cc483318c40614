/** The command line of this package: `redorca`. */
import type { Binary } from '@safe/tensor-core/cli'
import { ownVersion } from '../plan/versions'
import { arenaCommand } from './arena'
import { benchCommand } from './bench'
import { buildCommand } from './build'
import { checkCommand } from './check'
import { compareCommand } from './compare'
import { gateCommand } from './gate'
import { exportCommand } from './export'
import { judgeCommand, judgesCommand } from './judge'
import { judgeExamplesCommand } from './judgeExamples'
import { labelCommand } from './label'
import { quickstartCommand } from './quickstart'
import { reportCommand } from './report'
import { rescoreCommand } from './rescore'
import { statusCommand } from './status'
import { holmCommand, kappaCommand, wilsonCommand } from './stats'
import { submitCommand } from './submit'
import { validateCommand } from './validate'
import { winrateCommand } from './winrate'
import { workerCommand } from './worker'

/** The binary `redorca`. */
export const binary: Binary = {
  name: 'redorca',
  version: ownVersion(),
  description: 'benchmarks combinations of safety defences, judges answers, compares systems',
  groups: { stats: 'intervals, agreement and adjusted p-values, for scripts' },
  commands: [
    quickstartCommand,
    benchCommand,
    workerCommand,
    statusCommand,
    reportCommand,
    rescoreCommand,
    submitCommand,
    checkCommand,
    gateCommand,
    exportCommand,
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
