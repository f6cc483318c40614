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
import type { StorePlace } from '../store'
import { type FleetRan, runFleet } from '../work/fleet/runFleet'
import { ports } from '../work/lmPorts'
import { fetchSuite } from './runBench'
import type { ShardChoice } from './shardOption'

// model ------------------------------------------------------------------------------------------

export interface MemberChoice extends Partial<ShardChoice> {
  readonly place: StorePlace
  readonly redact: boolean
}

// parts ------------------------------------------------------------------------------------------

/** What a results folder may have when the first process of a fleet comes. */
const own = ['config.yaml', 'plan.json', 'results.json', 'cells', 'work', 'leases', 'workers', 'failed']

/** A folder of anything else is refused. */
const allowed = ({ folder }: StorePlace): E.Either<Fault, void> => {
  const names = existsSync(folder) ? readdirSync(folder) : []
  return names.length === 0 || names.some((name) => own.includes(name))
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
        onResults: (made) => writeReport({ results: out, out }, { ...made, redact }),
      }),
    ),
    TE.mapLeft((fault): Fault =>
      fault._tag === 'Interrupted' ? { ...fault, remedy: 'run the same command again to continue' } : fault,
    ),
    TE.chainEitherK(outcomeOf(place)),
  )
}
