/** Reports as pages of HTML in one file: templates that escape, and a policy under which nothing of the data can run. */
export { type PageParts, pageOf } from './document'
export { inert, pagePolicy, policyHash } from './inert'
export { type Markup, escaped, html, joined, raw } from './markup'
