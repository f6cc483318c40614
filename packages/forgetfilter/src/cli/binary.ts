/** The binary `forgetfilter`. */
import { type Binary, packageVersion } from '@safe/tensor-core/cli'
import { filter } from './filter'
import { openMachine } from './machine'
import { rate } from './rate'
import { runCommand } from './run'
import { threshold } from './threshold'

export const forgetfilterBinary: Binary = {
  name: 'forgetfilter',
  version: packageVersion('@safe/forgetfilter', __filename),
  description:
    'ForgetFilter: drop fine-tuning rows that safety tuning makes the model forget (arXiv 2312.12736)',
  commands: [runCommand(openMachine), rate, threshold, filter],
}
