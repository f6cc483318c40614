/** What to do about a path that is not there, where the way it is written tells why. */

const quotes = /^["'\u2018\u2019\u201c\u201d]|["'\u2018\u2019\u201c\u201d]$/g
const drive = /^([A-Za-z]):[\\/]/

/**
 * The hint for quotes that became part of a path, for a path of Windows or backslashes elsewhere, and for a `~` that no shell
 * expanded. @returns undefined where nothing about the path is unusual
 */
export const pathHint = (path: string, platform: NodeJS.Platform = process.platform): string | undefined => {
  const bare = path.replace(quotes, '')
  if (bare !== path) return `the quotes are part of the path here: leave them out, as in ${bare}`
  if (path.startsWith('~')) return 'the shell did not expand ~ here: write the whole path'
  if (platform === 'win32') return undefined
  const slashes = path.replaceAll('\\', '/')
  return drive.test(path)
    ? `this is a path of Windows; under WSL it is ${slashes.replace(drive, (_, letter: string) => `/mnt/${letter.toLowerCase()}/`)}`
    : slashes === path
      ? undefined
      : `write / for \\, as in ${slashes}`
}
