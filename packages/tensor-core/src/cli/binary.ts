/** The commands of `tensor-core`. */
import { type Binary, packageVersion } from './kit'
import { convertCommand } from './convert'
import { engineBuildCommand, engineCleanCommand } from './engine'
import { downloadCommand } from './download'
import { engineTestCommand } from './engineTest'
import { generateCommand } from './generate'
import { infoCommand } from './info'
import { mergeCommand } from './merge'
import { scoreCommand } from './score'
import { trainCommand } from './train'

export const binary: Binary = {
  name: 'tensor-core',
  version: packageVersion('@safe/tensor-core', __filename),
  description: 'tensor engines, model files and language models, on any machine',
  groups: { engine: 'builds, tests and removes the engines of this machine' },
  commands: [
    infoCommand,
    scoreCommand,
    generateCommand,
    trainCommand,
    mergeCommand,
    downloadCommand,
    convertCommand,
    engineBuildCommand,
    engineTestCommand,
    engineCleanCommand,
  ],
}
