/** The binary `tensor-core`. */
import { main } from '../cli'
import { engineBuildCommand, engineCleanCommand } from './commands/engine'
import { infoCommand } from './commands/info'
import { version } from './version'

main({
  name: 'tensor-core',
  version,
  description: 'tensor engines, model files and language models, on any machine',
  commands: [infoCommand, engineBuildCommand, engineCleanCommand],
})
