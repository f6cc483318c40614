/** Where the server finds the models that answer: they may still be starting, have failed, or be replaced while it runs. */
import type { Fault } from '@safe/tensor-core/contracts'
import type * as E from 'fp-ts/Either'
import type { Engine } from '../contract'

/** The present engine, or why there is none. Asked anew for each ask, so an engine that was replaced is used at once. */
export interface EngineSource {
  /** Left: the models are starting, have failed, or are being restarted. It must not block and not throw. */
  readonly current: () => E.Either<Fault, Engine>
}
