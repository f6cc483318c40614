/** Names of the files and folders that a results folder has. */

// names ------------------------------------------------------------------------------------------

/** The folder of the files of texts, beside the page of samples. */
export const sidecarFolder = 'samples'
/** The names that are given to files of texts. */
export const sidecarName = /^\d{3,}\.js$/

/** What a run, and the commands that read it, write. */
const ownNames: ReadonlySet<string> = new Set([
  ...['leases', 'work', 'cells', 'workers', 'failed', 'plan.json', 'config.yaml', 'results.json', 'winrates.json'],
  ...['report.html', 'report.md', 'samples.html', sidecarFolder],
])

// destructors ------------------------------------------------------------------------------------

/** The name of the file that a temporary one was to become (`.NAME.HEX.tmp`); undefined for names of another form. */
export const temporaryFor = (name: string): string | undefined => /^\.(.+)\.[0-9a-f]+\.tmp$/.exec(name)?.[1]

/** Whether a results folder has a file or folder of this name, or a temporary one that was to become it. */
export const isOwnName = (name: string): boolean => ownNames.has(temporaryFor(name) ?? name)
