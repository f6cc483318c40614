/** A page in one file: it loads nothing, and what it shows of data cannot run. */
import { pagePolicy, policyHash } from './inert'
import { type Markup, html, raw } from './markup'

/** The parts of a page. */
export interface PageParts {
  readonly title: string
  /** A style sheet; trusted text. */
  readonly style: string
  /** Whether single elements have styles of their own, as bars have their lengths. */
  readonly inlineStyles?: boolean
  readonly body: Markup
  /** A script; trusted text. It is the only one that runs. */
  readonly script?: string
}

/** The page as one HTML document, under a content security policy that names its style and its script by their hashes. */
export const pageOf = ({ title, style, inlineStyles = false, body, script }: PageParts): string =>
  `${
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta
            http-equiv="Content-Security-Policy"
            content="${raw(
              pagePolicy(
                inlineStyles ? `'unsafe-inline'` : policyHash(style),
                ...(script === undefined ? [] : [script]),
              ),
            )}"
          />
          <meta name="viewport" content="width=device-width,initial-scale=1" />
          <meta name="referrer" content="no-referrer" />
          <title>${title}</title>
          ${raw(`<style>${style}</style>`)}
        </head>
        <body>
          ${body}${script === undefined ? undefined : raw(`<script>${script}</script>`)}
        </body>
      </html>`.markup
  }\n`
