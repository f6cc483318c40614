/** This package's version, from its package.json (the same path from src and from dist). */
import { createRequire } from 'node:module'

const described: unknown = createRequire(__filename)('../package.json')

export const version =
  typeof described === 'object' &&
  described !== null &&
  'version' in described &&
  typeof described.version === 'string'
    ? described.version
    : '0.0.0'
