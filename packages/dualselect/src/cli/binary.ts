/** The binary `dualselect`: its commands in one list. */
import { type Binary, packageVersion } from '@safe/tensor-core/cli'
import { continualCommand } from './continual'
import { scoreCommand } from './score'
import { trainCommand } from './train'
import { tuneCommand } from './tune'

export const dualselectBinary: Binary = {
  name: 'dualselect',
  version: packageVersion('@safe/dualselect', __filename),
  description: 'fine-tuning that selects safety references and task rows together (arXiv 2606.09866)',
  commands: [trainCommand, scoreCommand, continualCommand, tuneCommand],
}
