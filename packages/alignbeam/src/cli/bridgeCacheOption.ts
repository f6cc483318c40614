/** Whether a command uses bridges that are kept, and keeps its own. */
import { type Context, flag } from '@safe/tensor-core/cli'
import type { BridgeCacheUse } from '../bridgeCache'

export const bridgeCacheOption = {
  noCache: flag('build the bridge anew and keep none (large vocabularies: in $SAFE_CACHE/bridge)'),
}

/** How the bridge of a command is found. */
export const bridgeCacheOf = (
  { noCache }: { readonly noCache: boolean },
  { warn }: Pick<Context, 'warn'>,
): BridgeCacheUse => ({ onWarning: warn, ...(noCache ? { cache: false } : {}) })
