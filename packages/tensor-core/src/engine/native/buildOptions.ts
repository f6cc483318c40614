/** What a build is told, and how its steps fail. */
import * as TE from 'fp-ts/TaskEither'
import { type EngineError, causeLine, failure } from '../../contracts'
import type { Variant } from './home'
import type { LibrarySource } from './library'

export interface BuildOptions {
  readonly variant: Variant
  readonly source: LibrarySource
  /** Builds again what is there already. */
  readonly force: boolean
  /** NVIDIA's CUDA libraries beside the library, for cuda: `auto` where this machine has an NVIDIA driver. */
  readonly cudaLibraries: 'auto' | 'fetch' | 'skip'
  readonly python: string
  readonly signal?: AbortSignal
  readonly note: (line: string) => void
}

/** A step's work; what it throws is `EngineBuildFailed` at a place. */
export const attempt = <A>(where: string, work: () => Promise<A>): TE.TaskEither<EngineError, A> =>
  TE.tryCatch(work, (cause) => failure('EngineBuildFailed', causeLine(cause), { where }))
