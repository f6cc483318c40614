/** A page in one file: it loads nothing, and what it shows of data cannot run. */
import { inert } from './inert'
import { type Markup, html, raw } from './markup'
import { type Allowed, pagePolicy } from './policy'

// model ------------------------------------------------------------------------------------------

/** JSON for the script, which reads it from the element with the id. */
export interface PageData {
  readonly id: string
  /** As `inert` makes it. */
  readonly json: string
}

/** The parts of a page. `style` and `script` are trusted text; the script is the only one that runs. */
export interface PageParts extends Allowed {
  readonly title: string
  readonly body: Markup
  readonly data?: ReadonlyArray<PageData>
  /** Names this version of the page, as `data-key` of the document. */
  readonly key?: string
}

// constructors -----------------------------------------------------------------------------------

/** A value for the script of a page. */
export const pageData = (id: string, value: unknown): PageData => ({ id, json: inert(value) })

/** The page as one HTML document, under a content security policy that names its style and its script by their hashes. */
export const pageOf = (parts: PageParts): string => {
  const { title, style, script, body, data = [], key } = parts
  const scripts = [
    ...data.map(
      ({ id, json }) =>
        html`<script type="application/json" id="${id}">
          ${raw(json)}
        </script>`,
    ),
    ...(script === undefined ? [] : [raw(`<script>${script}</script>`)]),
  ]
  return `${
    html`<!doctype html>
      <html lang="en" ${key !== undefined && html`data-key="${key}"`}>
        <head>
          <meta charset="utf-8" />
          <meta http-equiv="Content-Security-Policy" content="${pagePolicy(parts)}" />
          <meta name="viewport" content="width=device-width,initial-scale=1" />
          <meta name="referrer" content="no-referrer" />
          <title>${title}</title>
          ${raw(`<style>${style}</style>`)}
        </head>
        <body>
          ${body}${scripts}
        </body>
      </html>`.markup
  }\n`
}
