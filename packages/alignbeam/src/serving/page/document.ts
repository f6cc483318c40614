/**
 * The page as one HTML document. It loads nothing and asks its own server alone. What models write is set as text; the policy allows
 * its own script and style by their hashes and nothing else, so that whatever an answer holds does nothing.
 */
import { type Allowed, pageData, pageOf, pagePolicy } from '@safe/tensor-core/page'
import { bodyOf } from './body'
import type { PageFacts } from './facts'
import { script } from './script'
import { style } from './style'

const allowed: Allowed = { style, script, asksServer: true }

/** What the page may do: run its script, use its style, ask the server that it came from. */
export const policy = pagePolicy(allowed)

export const documentOf = (facts: PageFacts): string =>
  pageOf({
    ...allowed,
    title: `${facts.name}: draft, anchor and mixed`,
    body: bodyOf(facts),
    data: [pageData('facts', { name: facts.name, keyed: facts.keyed })],
  })
