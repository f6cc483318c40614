/** References to the hub among a command's options: each becomes a path in the cache before the command runs. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { HubError } from '../../contracts'
import { type HubUse, resolveAdapter, resolveData, resolveModel, resolveTokenizer } from '../../hub'
import type { Given, Named, OptionTable } from '../../options'
import type { Context } from './context'

const resolvers: Readonly<Record<Named, (text: string, use: HubUse) => TE.TaskEither<HubError, string>>> = {
  model: resolveModel,
  tokenizer: resolveTokenizer,
  adapter: resolveAdapter,
  data: resolveData,
}

/** How a command uses the hub: stopped with it, its downloads shown as its progress. */
export const hubUseOf = ({ signal, progress }: Context): HubUse => ({ signal, progress })

type Resolve = (text: string) => TE.TaskEither<HubError, string>

/** Texts become paths, also within a list; anything else is left for the option's own decoder to judge. */
const resolved =
  (resolve: Resolve) =>
  (value: unknown): TE.TaskEither<HubError, unknown> =>
    typeof value === 'string'
      ? resolve(value)
      : Array.isArray(value)
        ? pipe(value, TE.traverseSeqArray(resolved(resolve)))
        : TE.right(value)

/** The given values with references fetched, one after the other. */
export const fetched = (
  table: OptionTable,
  given: Given,
  context: Context,
): TE.TaskEither<HubError, Given> => {
  const use = hubUseOf(context)
  return pipe(
    Object.entries(given),
    TE.traverseSeqArray(([name, value]): TE.TaskEither<HubError, readonly [string, unknown]> => {
      const names = Object.hasOwn(table, name) ? table[name]?.names : undefined
      return names === undefined
        ? TE.right([name, value])
        : pipe(
            value,
            resolved((text) => resolvers[names](text, use)),
            TE.map((path) => [name, path]),
          )
    }),
    TE.map((entries) => Object.fromEntries(entries)),
  )
}
