/** The right to run a job that other processes may run as well. */
import type { Fault } from '@safe/tensor-core/contracts'
import type { Job } from '../../plan/plan'
import type { AsideTimes } from './setAside'

// model ------------------------------------------------------------------------------------------

/** How a job ended that this process ran: done, failed, or neither, since the run was stopped. */
export type JobEnd = { readonly _tag: 'Done' } | { readonly _tag: 'Stopped' } | FailedEnd
interface FailedEnd {
  readonly _tag: 'Failed'
  readonly fault: Fault
}

export type Claim =
  /** This process is to run it. `settle` gives the job back; it says whether a job that failed is to be tried again. */
  | { readonly _tag: 'Mine'; readonly settle: (end: JobEnd) => Promise<'over' | 'again'> }
  /** Another process runs it. */
  | { readonly _tag: 'Busy' }
  /** There is nothing left to do: its result is stored, or the results of all cells that need it. */
  | { readonly _tag: 'Done' }
  /** It failed, and is not tried again. */
  | FailedEnd

/** How the jobs of a schedule are shared with other processes. */
export interface Claims {
  /** Tries to get a job, once. */
  readonly claim: (job: Job) => Promise<Claim>
  /** When a job that another process runs is looked at again. */
  readonly aside?: AsideTimes
}

// constructors -----------------------------------------------------------------------------------

/** Every job is this process's own. */
export const alone: Claims = {
  claim: () => Promise.resolve({ _tag: 'Mine', settle: () => Promise.resolve('over') }),
}
