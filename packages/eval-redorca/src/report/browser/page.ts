/**
 * The page of samples as one HTML document. Answers and prompts are data to it, set as text; its policy allows its own script and
 * style by their hashes and, where its texts are in files of their own, scripts that carry its nonce, and nothing else.
 */
import { pageOf, raw } from '@safe/tensor-core/page'
import { body } from './body'
import { script } from './script'
import { style } from './style'

// model ------------------------------------------------------------------------------------------

/** What stands in the page; all JSON is written so that it cannot end its element. */
export type SamplesPage = {
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

export const browserPage = (parts: SamplesPage): string =>
  pageOf({
    title: `Samples: ${parts.suite}`,
    style,
    script,
    key: parts.key,
    body: raw(body),
    ...('parts' in parts ? { nonce: parts.key } : {}),
    data: [
      { id: 'index', json: parts.index },
      'parts' in parts ? { id: 'parts', json: parts.parts } : { id: 'texts', json: parts.texts },
    ],
  })
