/** The package's version, as its package.json says. */
import { createRequire } from 'node:module'

const described: unknown = createRequire(__filename)('../../package.json')

export const version: string =
  typeof described === 'object' &&
  described !== null &&
  'version' in described &&
  typeof described.version === 'string'
    ? described.version
    : '0.0.0'
