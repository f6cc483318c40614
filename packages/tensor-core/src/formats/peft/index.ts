/** PEFT adapter folders. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { FormatError } from '../../contracts'
import { decodeAdapterConfig } from './config'
import { type Placement, placementOf } from './placement'

export { type FreshAdapter, freshAdapterConfig } from './config'
export type { Placement } from './placement'
export { adapterWarnings, readAdapter } from './read'
export { writeAdapter } from './write'

/** The modules that a configuration targets, with rank and scale of each. @param where its file or option, for messages */
export const adapterPlacement = (
  where: string,
  config: Readonly<Record<string, unknown>>,
): E.Either<FormatError, Placement> =>
  pipe(
    decodeAdapterConfig(where)(config),
    E.chain((fields) => placementOf(where, fields)),
  )
