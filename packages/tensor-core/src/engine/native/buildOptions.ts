/** The options of a build, and how its steps fail. */
import * as TE from 'fp-ts/TaskEither'
import { type EngineError, causeLine, failure } from '../../contracts'
import type { Variant } from './home'
import type { LibrarySource } from './library'

export interface BuildOptions {
  readonly variant: Variant
  readonly source: LibrarySource
  /** Builds again even if a current engine exists. */
  readonly force: boolean
  /** Whether NVIDIA's CUDA libraries are downloaded, for cuda: `auto` does if this machine has an NVIDIA driver. */
  readonly cudaLibraries: 'auto' | 'fetch' | 'skip'
  readonly python: string
  readonly signal?: AbortSignal
  readonly note: (line: string) => void
}

/** A step of the build; an exception becomes `EngineBuildFailed` at the given place. */
export const attempt = <A>(where: string, work: () => Promise<A>): TE.TaskEither<EngineError, A> =>
  TE.tryCatch(work, (cause) => failure('EngineBuildFailed', causeLine(cause), { where }))
