/**
 * The content security policy of every page: it loads nothing, sends nothing, and runs its own script alone, which the policy names by
 * its hash. So text of a model, a judge or a data file does nothing even where it came to stand as markup.
 */
import { createHash } from 'node:crypto'

// model ------------------------------------------------------------------------------------------

/** What a page may do. */
export interface Allowed {
  /** Its style sheet. */
  readonly style: string
  /** Whether single elements have styles of their own, as bars have their lengths. */
  readonly inlineStyles?: boolean
  /** Its script. */
  readonly script?: string
  /** Further scripts are loaded where they carry this nonce. */
  readonly nonce?: string
  /** Whether it asks the server that it came from. */
  readonly asksServer?: boolean
}

// constructors -----------------------------------------------------------------------------------

/** A script or style as a policy names it. */
export const policyHash = (text: string): string =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** The policy as the value of `Content-Security-Policy`. */
export const pagePolicy = ({
  style,
  inlineStyles = false,
  script,
  nonce,
  asksServer = false,
}: Allowed): string => {
  const scripts = [
    ...(script === undefined ? [] : [policyHash(script)]),
    ...(nonce === undefined ? [] : [`'nonce-${nonce}'`]),
  ]
  return [
    `default-src 'none'`,
    ...(scripts.length === 0 ? [] : [`script-src ${scripts.join(' ')}`]),
    `style-src ${policyHash(style)}`,
    ...(inlineStyles ? [`style-src-attr 'unsafe-inline'`] : []),
    ...(asksServer ? [`connect-src 'self'`] : []),
    `base-uri 'none'`,
    `form-action 'none'`,
  ].join('; ')
}
