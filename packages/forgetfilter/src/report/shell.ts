/** The frame that the pages of this package have in common: one style, no scripts. */
import { type Markup, html, pageOf } from '@safe/tensor-core/page'
import { style } from './style'

/** The HTML of a page. @param moreStyle rules beside those that all pages have */
export const framed = (title: string, body: Markup, moreStyle = ''): string =>
  pageOf({ title, style: style + moreStyle, body: html`<main>${body}</main>` })
