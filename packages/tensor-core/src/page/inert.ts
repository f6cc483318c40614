/** What a page holds cannot run, and its content security policy names what may. */
import { createHash } from 'node:crypto'

/** JSON that cannot end the element it stands in. */
export const inert = (u: unknown): string =>
  JSON.stringify(u).replace(/[<\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** A script or style as a content security policy names it. */
export const policyHash = (text: string): string =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** The policy of a page that loads nothing, sends nothing, and runs these scripts and no others. @param style `style-src` */
export const pagePolicy = (style: string, ...scripts: ReadonlyArray<string>): string =>
  `default-src 'none'; ${scripts.length === 0 ? '' : `script-src ${scripts.map(policyHash).join(' ')}; `}style-src ${style}; base-uri 'none'; form-action 'none'`
