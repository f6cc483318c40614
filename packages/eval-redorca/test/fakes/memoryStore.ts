/** A result store in memory that several schedulers of one process share, with leases that are lost when their holder has died. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import type { ResultStore } from '../../src/store'

export interface Memory {
  readonly cells: Map<string, string>
  readonly documents: Map<string, string>
  /** Who holds what. */
  readonly leases: Map<string, string>
}

export const emptyMemory = (): Memory => ({ cells: new Map(), documents: new Map(), leases: new Map() })

/** The store as one process sees it. @param wait called before every operation */
export const memoryStore = (
  { cells, documents, leases }: Memory,
  holder: string,
  wait: () => Promise<void> = () => Promise.resolve(),
): ResultStore => {
  const after = <A>(work: () => A): TE.TaskEither<never, A> =>
    TE.fromTask(async () => {
      await wait()
      return work()
    })
  return {
    name: 'memory',
    folder: 'memory',
    list: () => after(() => [...cells.keys()]),
    get: (piece) => after(() => cells.has(piece.slice('cells/'.length))),
    put: () => TE.right(undefined),
    documents: {
      read: (name) => after(() => documents.get(name)),
      write: (name, text) => after(() => void documents.set(name, text)),
      writeNew: (name, text) =>
        after(() => {
          if (documents.has(name)) return false
          documents.set(name, text)
          return true
        }),
      remove: (name) => after(() => void documents.delete(name)),
      list: (folder) =>
        after(() =>
          [...documents.keys()]
            .filter((name) => name.startsWith(`${folder}/`))
            .map((name) => name.slice(folder.length + 1)),
        ),
    },
    lease: (name) =>
      after(() => {
        const there = leases.get(name)
        if (there !== undefined) return E.left({ host: there, pid: 1, since: '', runs: false })
        leases.set(name, holder)
        return E.right({
          release: async () => {
            await wait()
            if (leases.get(name) === holder) leases.delete(name)
          },
        })
      }),
    sweep: TE.right(undefined),
    close: () => Promise.resolve(),
  }
}
