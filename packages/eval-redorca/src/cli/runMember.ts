/** The common part of `worker` and `bench --shard`: takes part in a run, and tells what came of it. */
import { existsSync, readdirSync } from 'node:fs'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Context, Outcome } from '@safe/tensor-core/cli'
import { type Fault, badInput, failure } from '@safe/tensor-core/contracts'
import type { BenchConfig } from '../config/config'
import { cellName } from '../plan/factors'
import { writeReport } from '../report'
import { isOwnName } from '../results/ownNames'
import type { StorePlace } from '../store'
import { type FleetRan, runFleet } from '../work/fleet/runFleet'
import { ports } from '../work/lmPorts'
import { withDiskFull } from './diskFull'
import { fetchSuite } from './runBench'
import type { ShardChoice } from './shardOption'

// model ------------------------------------------------------------------------------------------

export interface MemberChoice extends Partial<ShardChoice> {
  readonly place: StorePlace
  readonly redact: boolean
}

// parts ------------------------------------------------------------------------------------------

/** A folder of anything else is refused. */
const allowed = ({ folder }: StorePlace): E.Either<Fault, void> => {
  const names = existsSync(folder) ? readdirSync(folder) : []
  return names.length === 0 || names.some(isOwnName)
    ? E.right(undefined)
    : E.left(
        badInput('OutputExists', 'exists and is not a results folder', {
          where: folder,
          remedy: 'give another folder',
        }),
      )
}

const missingLine = (missing: number): string =>
  `${missing} ${missing === 1 ? 'cell' : 'cells'} of other shards missing, and nobody works on them: run those shards, or any shard again, or bench with --shard none`

const outcomeOf =
  ({ name }: StorePlace) =>
  ({ cells, finished, failed, missing, engine }: FleetRan): E.Either<Fault, Outcome> => {
    const [first] = failed
    return first === undefined
      ? E.right({
          json: { store: name, cells, finished, missing, engine },
          text:
            missing > 0
              ? `${finished} of ${cells} cells are finished: ${missingLine(missing)}`
              : `all ${cells} cells are finished: ${name}`,
        })
      : E.left(
          failure(
            'CellsFailed',
            `${failed.length} of ${cells} cells failed, first ${cellName(first.cell.factors)} (${first.message})`,
            { where: name, remedy: 'run the same command again; finished cells are kept' },
          ),
        )
  }

/** A fault as the user of a member reads it. @param out the results folder, or this machine's copy */
export const memberFault =
  (out: string) =>
  (fault: Fault): Fault => {
    const shown = withDiskFull(out)(fault)
    return shown._tag === 'Interrupted'
      ? { ...shown, remedy: 'run the same command again to continue' }
      : shown
  }

// running ----------------------------------------------------------------------------------------

export const runMember = (
  config: BenchConfig,
  { place, redact, shard, told }: MemberChoice,
  context: Context,
): TE.TaskEither<Fault, Outcome> => {
  const out = place.folder
  if (shard !== undefined)
    context.note(`shard ${shard.index + 1} of ${shard.count} (${told ?? ''}); --shard none runs the whole`)
  return pipe(
    TE.fromEither(place.name === place.folder ? allowed(place) : E.right(undefined)),
    TE.chain(() => fetchSuite(config, context)),
    TE.chain(() =>
      runFleet({
        ports,
        portsModule: require.resolve('../work/lmPorts'),
        ...{ config, out, store: place, terminal: context, signal: context.signal },
        ...(shard === undefined ? {} : { shard }),
        onResults: (results) => writeReport({ results: out, out }, { results, redact }),
      }),
    ),
    TE.chainEitherK(outcomeOf(place)),
    TE.mapLeft(memberFault(out)),
  )
}
