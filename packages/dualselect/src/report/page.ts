/** One page without scripts that loads nothing: its policy allows its own style by a hash, and nothing else. */
import { createHash } from 'node:crypto'
import { type Markup, escaped, html } from './markup'
import { style } from './style'

// model ------------------------------------------------------------------------------------------

export interface PageParts {
  readonly title: string
  readonly body: Markup
}

// constructors -----------------------------------------------------------------------------------

const hash = createHash('sha256').update(style).digest('base64')
const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`

/** The page as one HTML document. */
export const page = ({ title, body }: PageParts): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escaped(policy)}">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
${body.markup}
</main>
</body>
</html>
`

/** Facts in large figures. */
export const facts = (all: ReadonlyArray<readonly [string, string | number]>): Markup =>
  html`<dl class="facts">
    ${all.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`

/** How something was made, name by name. */
export const setup = (all: ReadonlyArray<readonly [string, string]>): Markup =>
  html`<dl class="setup">
    ${all.map(
      ([name, value]) =>
        html`<dt>${name}</dt>
          <dd>${value}</dd>`,
    )}
  </dl>`
