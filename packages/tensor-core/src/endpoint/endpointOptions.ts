/** How a server is asked, as options: for command lines, configurations and code alike. */
import { type Values, count, number, positive, text, wholeFromZero, withDefault } from '../options'

/** Node's `fetch` waits no longer for an answer to begin, and servers answer once the whole text is there. */
const longestWait = 300

/** Options of a client of a server. */
export const endpointOptions = {
  apiKeyEnv: withDefault('OPENAI_API_KEY', text('variable that holds the key of the server', 'NAME')),
  concurrency: withDefault(8, count('requests in flight at once')),
  timeoutSeconds: withDefault(
    120,
    number('longest wait for one answer, seconds', { min: 0, exclusiveMin: true, max: longestWait }),
  ),
  retries: withDefault(6, wholeFromZero('repeats of a request that failed for a passing reason')),
  firstPauseSeconds: withDefault(
    0.5,
    positive('pause before the first repeat, seconds; it doubles with each repeat'),
  ),
}
/** Values of `endpointOptions`. */
export type EndpointOptions = Values<typeof endpointOptions>
