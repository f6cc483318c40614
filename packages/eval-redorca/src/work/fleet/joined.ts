/** `config.yaml` of a fleet: the first process writes it, the others must have the same configuration. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { parse, stringify } from 'yaml'
import { type Fault, badInput, causeLine } from '@safe/tensor-core/contracts'
import { type BenchConfig, configDocument } from '../../config/config'
import { aboutResults, differenceLine, firstDifference } from '../../config/difference'
import { type ResultStore, pause } from '../../store'

// parts ------------------------------------------------------------------------------------------

const name = 'config.yaml'

const parsed = (store: ResultStore, text: string): E.Either<Fault, unknown> =>
  E.tryCatch(
    (): unknown => parse(text),
    (cause) =>
      badInput('BadConfig', `config.yaml cannot be read (${causeLine(cause)})`, { where: store.name }),
  )

/** How long another process is given to write its file: for a moment it may be empty. */
const [lookMs, looks] = [100, 30]

const stored =
  ({ documents }: ResultStore): TE.TaskEither<Fault, string> =>
  async () => {
    for (let i = 0; ; i += 1) {
      const text = await documents.read(name)()
      if (E.isLeft(text)) return text
      if (i === looks || (text.right ?? '').trim() !== '') return E.right(text.right ?? '')
      await pause(lookMs, new AbortController().signal)
    }
  }

// constructors -----------------------------------------------------------------------------------

/**
 * Writes the completed configuration where there is none.
 *
 * @returns left `OtherConfig` where another one is there, with the first difference
 */
export const joined = (store: ResultStore, config: BenchConfig): TE.TaskEither<Fault, void> => {
  const text = stringify(configDocument(config))
  return pipe(
    store.documents.writeNew(name, text),
    TE.chain((isNew) =>
      isNew
        ? TE.right(undefined)
        : pipe(
            stored(store),
            TE.chainEitherK((there) => parsed(store, there)),
            TE.chainEitherK((there) => {
              const differs = firstDifference(aboutResults(there), aboutResults(parse(text)))
              return differs === undefined
                ? E.right(undefined)
                : E.left(
                    badInput('OtherConfig', `holds another configuration (${differenceLine(differs)})`, {
                      where: store.name,
                      remedy: 'give the same configuration to every machine, or another store',
                    }),
                  )
            }),
          ),
    ),
  )
}
