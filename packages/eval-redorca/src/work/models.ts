/**
 * Models in memory: a process loads each model once and attaches one adapter after another to it. Before a training run, which loads
 * the model separately, large models are released.
 */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { CausalLM, Fault, LoraAdapter } from '@safe/tensor-core/contracts'
import type { BenchPorts, LoadedModel, ModelRequest } from '../plan/ports'

// model ------------------------------------------------------------------------------------------

/** Weights above this many bytes are released before a training run; for them one process with all cores is better than several. */
export const largeModelBytes = 200e6

/** The models of a process. */
export interface Models {
  /** A model with an adapter attached; the receiver disposes of it. */
  readonly open: (request: ModelRequest, adapter?: LoraAdapter) => TE.TaskEither<Fault, CausalLM>
  /** Frees the weights of large models that are not open. */
  readonly release: TE.TaskEither<never, void>
}

interface Held {
  readonly loaded: LoadedModel
  readonly bytes: number
  /** Models attached and not yet disposed of. */
  readonly open: { count: number }
}

// constructors -----------------------------------------------------------------------------------

const nameOf = ({ model, template, dtype, batchSize }: ModelRequest): string =>
  JSON.stringify([model, template, dtype, batchSize])

/** A model is loaded when it is first requested. Requests are sequential, as jobs are. */
export const openModels = (ports: Pick<BenchPorts, 'load' | 'weightBytes'>): Models => {
  const held = new Map<string, Held>()
  const load = (request: ModelRequest): TE.TaskEither<Fault, Held> => {
    const found = held.get(nameOf(request))
    return found !== undefined
      ? TE.right(found)
      : pipe(
          TE.Do,
          TE.bind('bytes', () => ports.weightBytes(request.model)),
          TE.bind('loaded', () => ports.load(request)),
          TE.map(({ bytes, loaded }) => {
            const made = { loaded, bytes, open: { count: 0 } }
            held.set(nameOf(request), made)
            return made
          }),
        )
  }
  return {
    open: (request, adapter) =>
      pipe(
        load(request),
        TE.chain(({ loaded, open }) =>
          pipe(
            loaded.attach(adapter),
            TE.map((model): CausalLM => {
              open.count += 1
              const state = { disposed: false }
              return {
                ...model,
                dispose: () => {
                  if (!state.disposed) open.count -= 1
                  state.disposed = true
                  model.dispose()
                },
              }
            }),
          ),
        ),
      ),
    release: TE.fromIO(() => {
      for (const [name, { loaded, bytes, open }] of held)
        if (bytes > largeModelBytes && open.count === 0) {
          loaded.dispose()
          held.delete(name)
        }
    }),
  }
}
