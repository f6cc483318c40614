/**
 * A process that works on a results folder shows itself: a file for each of its workers (`workerFiles.ts`), written at changes of job
 * and every few seconds. Nothing depends on these files but messages and the patience of shards, so a store that cannot be written for
 * a while is no fault here.
 */
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { Job } from '../../plan/plan'
import type { ResultStore } from '../../store'
import { jobName } from '../progress'
import { type WorkerFile, beatSeconds, removeWorker, writeWorker } from './workerFiles'

// model ------------------------------------------------------------------------------------------

export interface Presence {
  /** The name of this process among all that work there. */
  readonly process: string
  readonly started: (job: Job) => void
  readonly ended: (job: Job) => void
  /** What is left of the run, in seconds of one worker. */
  readonly left: (work: () => number) => void
  /** Shows itself for the first time. */
  readonly begin: () => Promise<void>
  /** Removes its files. */
  readonly end: () => Promise<void>
}

/** Milliseconds between two writes of one worker's file: jobs may take a moment. */
const leastMs = 1000

// parts ------------------------------------------------------------------------------------------

/** A name that no other process has, and that is a file's name. */
const ownName = (): string =>
  `${hostname().replace(/[^A-Za-z0-9.-]/g, '-')}-${process.pid}-${randomBytes(3).toString('hex')}`

const jobWords = (job: Job): string =>
  `${jobName(job)} (${job.factors.regime}${job.factors.attacker === undefined ? '' : `, ${job.factors.attacker}`}, seed ${job.factors.seed})`

interface Slot {
  job: Job | undefined
  since: string
}

const now = (): string => new Date().toISOString()

// constructors -----------------------------------------------------------------------------------

/** @param beatMs how often it shows itself; a test shortens it */
export const presenceIn = (store: ResultStore, beatMs = beatSeconds * 1000): Presence => {
  const name = ownName()
  const slots: Slot[] = [{ job: undefined, since: now() }]
  const state: { left: () => number; timer?: NodeJS.Timeout; soon?: NodeJS.Timeout; writing: Promise<void> } =
    { left: () => 0, writing: Promise.resolve() }
  const idOf = (slot: number): string => `${name}-${slot + 1}`
  const fileOf = ({ job, since }: Slot, slot: number, work: number): WorkerFile => ({
    id: idOf(slot),
    ...{ process: name, host: hostname(), pid: process.pid },
    job: job === undefined ? null : jobWords(job),
    cell: job?.kind === 'cell',
    ...{ since, lastSeen: now(), work },
  })
  const write = (): void => {
    clearTimeout(state.soon)
    delete state.soon
    state.writing = state.writing.then(async () => {
      const work = Math.round(state.left())
      for (const [i, slot] of slots.entries()) await writeWorker(store, fileOf(slot, i, work))()
    })
  }
  const changed = (): void => {
    if (state.timer !== undefined) state.soon ??= setTimeout(write, leastMs).unref()
  }
  return {
    process: name,
    started: (job) => {
      const free = slots.find((slot) => slot.job === undefined)
      if (free === undefined) slots.push({ job, since: now() })
      else Object.assign(free, { job, since: now() })
      changed()
    },
    ended: (job) => {
      const slot = slots.find((one) => one.job?.id === job.id)
      if (slot !== undefined) Object.assign(slot, { job: undefined, since: now() })
      changed()
    },
    left: (work) => {
      state.left = work
    },
    begin: async () => {
      write()
      await state.writing
      state.timer = setInterval(write, beatMs).unref()
    },
    end: async () => {
      clearInterval(state.timer)
      delete state.timer
      clearTimeout(state.soon)
      await state.writing
      for (const i of slots.keys()) await removeWorker(store, idOf(i))()
    },
  }
}
