/** Options of Node for a process that runs another module of the program that starts it. */
import { extname } from 'node:path'
import { pathToFileURL } from 'node:url'

const sources = '--conditions=@safe/source'

/** Without the program of `node -e`, which a child would run again, and start another child. */
const withoutProgram = (options: ReadonlyArray<string>): ReadonlyArray<string> => {
  const at = options.findIndex((option) => /^(-e|-p|-pe|--eval|--print)$/.test(option))
  return at < 0 ? options : [...options.slice(0, at), ...options.slice(at + 2)]
}

/**
 * The options of this process. A module of TypeScript also needs a loader, which a process has if it was itself started from sources;
 * a test runner's has another one.
 */
export const childOptions = (
  file: string,
  own: ReadonlyArray<string> = process.execArgv,
): ReadonlyArray<string> =>
  extname(file) === '.ts' && !own.includes(sources)
    ? [sources, '--import', pathToFileURL(require.resolve('tsx')).href]
    : withoutProgram(own)
