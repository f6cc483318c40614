/** The binary `forgetfilter`. */
import { type Binary, packageVersion } from '@safe/tensor-core/cli'
import { filterCommand } from './filter'
import { interleaveCommand } from './interleave'
import { rateCommand } from './rate'
import { runCommand } from './run'
import { openMachine } from './runMachine'
import { sensitivityCommand } from './sensitivity'
import { thresholdCommand } from './threshold'

export const binary: Binary = {
  name: 'forgetfilter',
  version: packageVersion('@safe/forgetfilter', __filename),
  description:
    'ForgetFilter: drop fine-tuning rows that safety tuning makes the model forget (arXiv 2312.12736)',
  commands: [
    runCommand(openMachine),
    rateCommand,
    thresholdCommand,
    filterCommand,
    interleaveCommand(openMachine),
    sensitivityCommand(openMachine),
  ],
}
