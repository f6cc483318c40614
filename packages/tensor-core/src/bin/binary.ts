/** The commands of `tensor-core`. */
import { type Binary, packageVersion } from '../cli'
import { engineBuildCommand, engineCleanCommand } from './commands/engine'
import { engineTestCommand } from './commands/engineTest'
import { generateCommand } from './commands/generate'
import { infoCommand } from './commands/info'
import { mergeCommand } from './commands/merge'
import { scoreCommand } from './commands/score'
import { trainCommand } from './commands/train'

export const binary: Binary = {
  name: 'tensor-core',
  version: packageVersion('@safe/tensor-core', __filename),
  description: 'tensor engines, model files and language models, on any machine',
  commands: [
    infoCommand,
    scoreCommand,
    generateCommand,
    trainCommand,
    mergeCommand,
    engineBuildCommand,
    engineTestCommand,
    engineCleanCommand,
  ],
}
