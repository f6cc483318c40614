/**
 * TensorFlow prints a banner on standard error while its library is loaded, before it reads any of its settings. The addon
 * `quiet.cc` redirects standard error for that moment, so that `--quiet` and one-line errors hold.
 * `SAFE_ENGINE_LOG=1` lets TensorFlow print.
 */

import { join } from 'node:path'

/** The addon's source. */
export const quietPath = join(__dirname, 'quiet.cc')

// model ------------------------------------------------------------------------------------------

interface Quiet {
  readonly hush: () => void
  readonly speak: () => void
}

const isQuiet = (u: unknown): u is Quiet =>
  typeof u === 'object' &&
  u !== null &&
  'hush' in u &&
  typeof u.hush === 'function' &&
  'speak' in u &&
  typeof u.speak === 'function'

// use --------------------------------------------------------------------------------------------

/** Runs `work` with standard error redirected, if `addon` can do that. */
export const quietly = <A>(addon: unknown, work: () => A): A => {
  if (!isQuiet(addon) || process.env['SAFE_ENGINE_LOG'] === '1') return work()
  addon.hush()
  try {
    return work()
  } finally {
    addon.speak()
  }
}
