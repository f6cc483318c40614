/**
 * The page as one HTML document. It loads nothing and asks its own server alone. What models write is set as text; the policy allows
 * its own script and style by their hashes and nothing else, so that whatever an answer holds does nothing.
 */
import { escaped, inert, pagePolicy, policyHash } from '@safe/tensor-core/page'
import { bodyOf } from './body'
import type { PageFacts } from './facts'
import { script } from './script'
import { style } from './style'

/** What the page may do: run its script, use its style, ask the server that it came from. */
export const policy = `${pagePolicy(policyHash(style), script)}; connect-src 'self'`

export const documentOf = (facts: PageFacts): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escaped(policy)}">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escaped(facts.name)}: draft, anchor and mixed</title>
<style>${style}</style>
</head>
<body>
${bodyOf(facts).markup}
<script type="application/json" id="facts">${inert({ name: facts.name, keyed: facts.keyed })}</script>
<script>${script}</script>
</body>
</html>
`
