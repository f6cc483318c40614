/** The frame that the pages of this package have in common: one style, no scripts. */
import { type Markup, type PageParts, html, pageOf } from '@safe/tensor-core/page'
import { style } from './style'

// constructors -----------------------------------------------------------------------------------

/** The page as one HTML document. */
export const page = ({ title, body }: Pick<PageParts, 'title' | 'body'>): string =>
  pageOf({ title, style, body: html`<main>${body}</main>` })

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
