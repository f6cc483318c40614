/** What to do where the output exists. */
import { flag } from '../../options'

/** `--overwrite`, to be spread into a command's options. */
export const overwriteOption = { overwrite: flag('replace the output where it exists') }
/** `--resume`, to be spread into a command's options. */
export const resumeOption = { resume: flag('continue where an earlier run of the same command stopped') }
