/** A page that loads nothing and runs nothing, and whose policy allows neither. */
import { createHash } from 'node:crypto'
import { type Markup, html, raw } from './markup'
import { style } from './style'

/** The HTML of a page. @param moreStyle rules beside those that all pages have */
export const pageOf = (title: string, body: Markup, moreStyle = ''): string => {
  const rules = style + moreStyle
  const hash = createHash('sha256').update(rules).digest('base64')
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`
  // The style is one piece: blanks added by a formatter would change its hash.
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="${raw(policy)}" />
        <meta name="referrer" content="no-referrer" />
        <title>${title}</title>
        ${raw(`<style>${rules}</style>`)}
      </head>
      <body>
        <main>${body}</main>
      </body>
    </html> `.markup
}
