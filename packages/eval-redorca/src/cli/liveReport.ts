/** The report of a run that goes on: its path is told at its first results, and `--live` opens it in the browser then. */
import { spawn } from 'node:child_process'
import type * as IO from 'fp-ts/IO'
import { type Terminal, flag } from '@safe/tensor-core/cli'

// model ------------------------------------------------------------------------------------------

export const liveOption = {
  live: flag('open the report in the browser at the first results; it reloads itself until the run is done'),
}

/** A program with its arguments. */
export interface Opener {
  readonly program: string
  readonly parameters: ReadonlyArray<string>
}

// parts ------------------------------------------------------------------------------------------

const isSet = (value: string | undefined): boolean => value !== undefined && value !== '' && value !== 'false'

/** What opens a file in the browser; undefined in continuous integration, and on Linux without a display. */
export const openerOf = (
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>>,
  path: string,
): Opener | undefined => {
  if (isSet(env['CI'])) return undefined
  switch (platform) {
    case 'darwin':
      return { program: 'open', parameters: [path] }
    case 'win32':
      // Inside the outer quotes; the first text in quotes is the title of a window.
      return { program: 'cmd', parameters: ['/d', '/s', '/c', `"start "" "${path}""`] }
    default:
      return isSet(env['DISPLAY']) || isSet(env['WAYLAND_DISPLAY'])
        ? { program: 'xdg-open', parameters: [path] }
        : undefined
  }
}

const start = ({ program, parameters }: Opener): void => {
  const child = spawn(program, [...parameters], {
    ...{ stdio: 'ignore', detached: true, windowsHide: true },
    windowsVerbatimArguments: true,
  })
  // Without such a program the path that was told is enough.
  child.on('error', () => undefined)
  child.unref()
}

// constructors -----------------------------------------------------------------------------------

/** What is done with the paths of reports: the first is told and, if wanted, opened. */
export const showing = (
  terminal: Terminal,
  live: boolean,
  open: (opener: Opener) => void = start,
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform,
): {
  /** A report of results so far. */
  readonly early: (path: string) => IO.IO<void>
  /** The report of a run that is done; its path is the command's own output. */
  readonly last: (path: string) => IO.IO<void>
} => {
  const state = { shown: false }
  const once =
    (act: (path: string) => void) =>
    (path: string): IO.IO<void> =>
    () => {
      if (state.shown) return
      state.shown = true
      act(path)
      const opener = live ? openerOf(platform, env, path) : undefined
      if (opener !== undefined) open(opener)
    }
  return {
    early: once((path) => terminal.note(`first results, written again as the run goes on: ${path}`)),
    last: once(() => undefined),
  }
}
