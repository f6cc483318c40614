/** The route of the page: one document, without a key, which holds nothing that a key protects. */
import { Hono } from 'hono'
import type { HttpSettings, Page } from '../http/serverOptions'
import { documentOf, policy } from './document'
import { pageFacts } from './facts'

const headers = {
  'content-type': 'text/html; charset=utf-8',
  // No other site shows the page in a frame, where its visitors could be led to press its buttons.
  'content-security-policy': `${policy}; frame-ancestors 'none'`,
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
}

/**
 * The page of a server with these settings, for `HttpSettings.page`: a prompt is answered by draft, anchor and both. It asks for the
 * models `NAME`, `NAME/draft` and `NAME/anchor`, so it needs `ui`.
 *
 * @param hasJudge whether the models have a judge; without one the page offers none
 */
export const servedPage = (
  settings: Pick<HttpSettings, 'name' | 'apiKey' | 'defaults'>,
  hasJudge: boolean,
): Page => {
  const text = documentOf(pageFacts(settings, hasJudge))
  const page = new Hono()
  page.get('/', (c) => c.body(text, 200, headers))
  return page
}
