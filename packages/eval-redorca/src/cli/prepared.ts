/**
 * Whether a run may write into a results folder. The same configuration continues what is there; another one is refused, unless it is
 * asked to go on beside what is stored or to start again; a folder of anything else is always refused.
 */
import { rm } from 'node:fs/promises'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { parse, stringify } from 'yaml'
import type { Terminal } from '@safe/tensor-core/cli'
import { type Fault, badInput, causeLine, failure } from '@safe/tensor-core/contracts'
import { refuseExisting } from '@safe/tensor-core/files'
import { type BenchConfig, configDocument } from '../config/config'
import { decodeConfig } from '../config/configCodec'
import { type Difference, aboutResults, differenceLine, firstDifference } from '../config/difference'
import { completedConfig } from '../plan/bench'
import type { LoadModule } from '../plan/plugins'
import { folderPlace, withStore } from '../store'
import { claiming } from '../work/claim'
import { folderState } from '../work/folderState'

// model ------------------------------------------------------------------------------------------

/** The folder, and what is to be done where it holds results. */
export interface FolderChoice {
  readonly out: string
  /** Start again. */
  readonly overwrite: boolean
  /** Go on, also with another configuration. */
  readonly resume: boolean
}

/** What is asked to run, and who says what is done. */
export interface Asked {
  readonly config: BenchConfig
  readonly loadModule: LoadModule
  readonly terminal: Pick<Terminal, 'note'>
  readonly signal: AbortSignal
}

// comparing --------------------------------------------------------------------------------------

/** How the configuration that is asked for differs from a stored one, once it is written down and read as that one was. */
const difference = (
  stored: BenchConfig,
  { config, loadModule }: Asked,
): E.Either<Fault, Difference | undefined> =>
  pipe(
    completedConfig(loadModule, config),
    E.chain((whole) => decodeConfig(parse(stringify(configDocument(whole))), 'the configuration')),
    E.map((asked) =>
      firstDifference(aboutResults(configDocument(stored)), aboutResults(configDocument(asked))),
    ),
  )

// parts ------------------------------------------------------------------------------------------

const refused = (out: string, message: string): Fault =>
  badInput('OutputExists', message, {
    where: out,
    remedy:
      'add `resume` to go on with this one, beside what is stored, or `overwrite` to start again, or give another `out`',
  })

const finished = (cells: number): string => `${cells} ${cells === 1 ? 'cell is' : 'cells are'} finished`

/** Removes the folder, unless another run is writing there. */
const removed = (out: string, { terminal, signal }: Asked): TE.TaskEither<Fault, void> =>
  pipe(
    withStore(folderPlace(out), (store) =>
      claiming(store, { signal, note: terminal.note }, TE.right(undefined)),
    ),
    TE.chain(() =>
      TE.tryCatch(
        () => rm(out, { recursive: true, force: true }),
        (cause): Fault => failure('WriteFailed', `cannot be removed (${causeLine(cause)})`, { where: out }),
      ),
    ),
  )

// constructors -----------------------------------------------------------------------------------

/** To be called before any work. @returns left `OutputExists`: the folder is not one that this run may write into */
export const prepared = (
  { out, overwrite, resume }: FolderChoice,
  asked: Asked,
): TE.TaskEither<Fault, void> => {
  const continuing = (cells: number, differs?: Difference): TE.TaskEither<Fault, void> =>
    TE.fromIO(() =>
      asked.terminal.note(
        `continuing ${out}${differs === undefined ? '' : ` with another configuration (${differenceLine(differs)})`}: ${finished(cells)}`,
      ),
    )
  return pipe(
    // A file in its place is refused, and so is the removal of a folder that holds the current one.
    TE.fromEither(refuseExisting(out, { overwrite, resume: true }, 'folder')),
    TE.chainEitherKW(() => folderState(out)),
    TE.chainW((state): TE.TaskEither<Fault, void> => {
      switch (state._tag) {
        case 'Empty':
          return TE.right(undefined)
        case 'Foreign':
          return TE.left(
            badInput('OutputExists', 'exists and is not a results folder', {
              where: out,
              remedy: 'give another `out`',
            }),
          )
        case 'Begun':
          return continuing(0)
        case 'Unnamed':
          return overwrite
            ? removed(out, asked)
            : resume
              ? continuing(state.cells)
              : TE.left(refused(out, `holds results of a configuration that is not known (${state.reason})`))
        case 'Run':
          return overwrite
            ? removed(out, asked)
            : pipe(
                TE.fromEither(difference(state.config, asked)),
                TE.chain((differs) =>
                  differs === undefined || resume
                    ? continuing(state.cells, differs)
                    : TE.left(
                        refused(out, `holds results of another configuration (${differenceLine(differs)})`),
                      ),
                ),
              )
      }
    }),
  )
}
