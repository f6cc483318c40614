/** What decides the results of a machine, with completions as long as the data needs where no length is given. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { Dataset, Fault } from '@safe/tensor-core/contracts'
import type { Signal } from '../rates/signals'
import type { Deciding } from '../work'
import type { Machine } from './machine'

export const decidingFor = (
  { maxNewTokens, signal }: { readonly maxNewTokens: number | undefined; readonly signal: Signal },
  data: Dataset,
  { deciding, longestResponse }: Pick<Machine, 'deciding' | 'longestResponse'>,
): E.Either<Fault, Deciding> =>
  maxNewTokens !== undefined || signal !== 'rouge' || longestResponse === undefined
    ? E.right(deciding)
    : pipe(
        longestResponse(data),
        E.map((longest) => ({ ...deciding, maxNewTokens: Math.max(1, longest) })),
      )
