/** Names of the files and folders that a results folder has. */
import { temporaryOf } from '@safe/tensor-core/files'
import { runDocuments } from '../store'

// names ------------------------------------------------------------------------------------------

/** The folder of the files of texts, beside the page of samples. */
export const sidecarFolder = 'samples'
/** The names that are given to files of texts. */
export const sidecarName = /^\d{3,}\.js$/

/** What is there before the first cell is finished. */
const firstNames: ReadonlySet<string> = new Set([
  ...['leases', 'work', 'cells', 'workers', 'failed', 'queue', 'plan.json', 'config.yaml'],
])
/** Files that are written whole by the process that holds the folder. */
const writtenFiles: ReadonlySet<string> = new Set(runDocuments)

// destructors ------------------------------------------------------------------------------------

/** Whether a run that has finished nothing may have left a file or folder of this name. */
export const isFirstName = (name: string): boolean => firstNames.has(name) || isLeftover(name)

/** Whether a results folder may have a file or folder of this name, by which it is known as one. */
export const isOwnName = (name: string): boolean => firstNames.has(name) || writtenFiles.has(name)

/** Whether this is a temporary file of one that the holder of the folder writes. */
export const isLeftover = (name: string): boolean => writtenFiles.has(temporaryOf(name) ?? '')

/** Whether this is a temporary file of a file of texts. */
export const isSidecarLeftover = (name: string): boolean => sidecarName.test(temporaryOf(name) ?? '')
