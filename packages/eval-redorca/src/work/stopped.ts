/** What a run that is stopped on request ends with. */
import { interrupted } from '@safe/tensor-core/contracts'

export const stoppedFault = interrupted('Interrupted', 'stopped; finished work is kept', {
  remedy: 'run the same command again to continue',
})
