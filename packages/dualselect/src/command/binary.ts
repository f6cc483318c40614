/** The binary `dualselect`: its commands in one list. */
import type { Binary } from '@safe/tensor-core/cli'
import { scoreCommand } from './score'
import { trainCommand } from './train'
import { version } from './version'

export const dualselectBinary: Binary = {
  name: 'dualselect',
  version,
  description: 'fine-tuning that selects safety references and task rows together (arXiv 2606.09866)',
  commands: [trainCommand, scoreCommand],
}
