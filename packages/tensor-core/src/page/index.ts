/** Reports as pages of HTML in one file: templates that escape, and a policy under which nothing of the data can run. */
export { type PageData, type PageParts, pageData, pageOf } from './document'
export { inert } from './inert'
export { type Markup, escaped, html, joined, raw } from './markup'
export { type Allowed, pagePolicy, policyHash } from './policy'
export { piecesScript } from './visibleText'
