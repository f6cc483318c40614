/**
 * The page of samples as one HTML document. Answers and prompts are data to it, set as text; its policy allows its own script and
 * style by their hashes and, where its texts are in files of their own, scripts that carry its nonce, and nothing else.
 */
import { escaped, policyHash } from '@safe/tensor-core/page'
import { body } from './body'
import { script } from './script'
import { style } from './style'

// model ------------------------------------------------------------------------------------------

/** What stands in the page; all JSON is written so that it cannot end its element. */
export type PageParts = {
  readonly suite: string
  /** Names this version of the page. No text in it can hold the key, since the key is a hash of all of them. */
  readonly key: string
  readonly index: string
} & (
  | { readonly texts: string }
  /** The first prompt of each file of texts. */
  | { readonly parts: string }
)

// constructors -----------------------------------------------------------------------------------

export const browserPage = (parts: PageParts): string => {
  const inFiles = 'parts' in parts
  const scripts = `${policyHash(script)}${inFiles ? ` 'nonce-${parts.key}'` : ''}`
  const policy = `default-src 'none'; script-src ${scripts}; style-src ${policyHash(style)}; base-uri 'none'; form-action 'none'`
  return `<!doctype html>
<html lang="en" data-key="${parts.key}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escaped(policy)}">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Samples: ${escaped(parts.suite)}</title>
<style>${style}</style>
</head>
<body>
${body}
<script type="application/json" id="index">${parts.index}</script>
<script type="application/json" id="${inFiles ? 'parts' : 'texts'}">${inFiles ? parts.parts : parts.texts}</script>
<script>${script}</script>
</body>
</html>
`
}
