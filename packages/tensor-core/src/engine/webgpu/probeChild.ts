/**
 * Looks for a WebGPU adapter in a process of its own and sends what it finds: a driver may write on standard error, or end the
 * process that loads it.
 */
import * as E from 'fp-ts/Either'
import { findAdapter } from './load'

void findAdapter().then((found) => {
  process.send?.(E.isRight(found) ? found.right : { reason: found.left })
  process.disconnect()
})
