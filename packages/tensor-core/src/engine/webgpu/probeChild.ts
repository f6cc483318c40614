/**
 * The child process of `probe`: looks for a WebGPU adapter and sends what it finds. A driver may write to standard error, or crash
 * the process that loads it.
 */
import * as E from 'fp-ts/Either'
import { findAdapter } from './load'

void findAdapter().then((found) => {
  process.send?.(E.isRight(found) ? found.right : { reason: found.left })
  process.disconnect()
})
