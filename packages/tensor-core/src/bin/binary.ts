/** The commands of `tensor-core`. */
import type { Binary } from '../cli'
import { engineBuildCommand, engineCleanCommand } from './commands/engine'
import { engineTestCommand } from './commands/engineTest'
import { generateCommand } from './commands/generate'
import { infoCommand } from './commands/info'
import { mergeCommand } from './commands/merge'
import { scoreCommand } from './commands/score'
import { trainCommand } from './commands/train'
import { version } from './version'

export const binary: Binary = {
  name: 'tensor-core',
  version,
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
