/** Where everything is kept that can be made or fetched again: built engines, answers of servers. */
import { homedir } from 'node:os'
import { join } from 'node:path'

/** `SAFE_CACHE`, else `safe` under `XDG_CACHE_HOME`, else under `~/.cache`. */
export const cacheHome = (env: Readonly<Record<string, string | undefined>> = process.env): string => {
  const setting = (name: string): string | undefined => {
    const value = env[name]
    return value === undefined || value === '' ? undefined : value
  }
  return setting('SAFE_CACHE') ?? join(setting('XDG_CACHE_HOME') ?? join(homedir(), '.cache'), 'safe')
}
