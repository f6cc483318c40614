/** Parts of pages with data and a script: what the page holds cannot run, and its policy names what may. */
import { createHash } from 'node:crypto'

/** JSON that cannot end the element it stands in. */
export const inert = (u: unknown): string =>
  JSON.stringify(u).replace(/[<\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** A script or style as a content security policy names it. */
export const policyHash = (text: string): string =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`
