/** Which strengths a run selects: by what rule, and from the cells that are finished. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Fault } from '@safe/tensor-core/contracts'
import type { Bench } from '../plan/bench'
import type { Cell } from '../plan/cells'
import { allChoices } from '../plan/methods'
import type { Selected } from '../plan/settings'
import { isSwept } from '../plan/strengths'
import { type SelectionRule, selectedStrengths, selectionsOf } from '../results/selection'
import type { AttackRule } from '../results/worstCase'
import type { ResultStore } from '../store'
import { finishedOf } from './finished'

/** The rule by which strengths are selected; undefined where none are tried. */
export const selectionRule = ({ config, methods, paths }: Bench): SelectionRule | undefined =>
  isSwept(paths)
    ? {
        epsilon: config.epsilon,
        delta: config.delta,
        paths,
        ...(config.sweepSource === undefined || typeof config.sweep === 'string'
          ? {}
          : { source: config.sweepSource }),
        controls: Object.fromEntries(
          allChoices(methods).flatMap(({ name, controls }) =>
            controls === undefined ? [] : [[name, controls] as const],
          ),
        ),
      }
    : undefined

/** Which attackers there are, and which of them count; undefined where there are none. */
export const attackRule = ({ config: { attackers, regimes, epsilon } }: Bench): AttackRule | undefined =>
  Object.keys(attackers).length === 0 ? undefined : { regime: regimes[0] ?? '', epsilon, settings: attackers }

/** The strengths selected from the cells that are finished. */
export const selectedIn = (
  store: ResultStore,
  { suite: { judges } }: Bench,
  rule: SelectionRule,
  cells: ReadonlyArray<Cell>,
): TE.TaskEither<Fault, Selected> =>
  pipe(
    finishedOf(store, cells, judges[0].id),
    TE.map((finished) =>
      selectedStrengths(
        selectionsOf(
          finished.map((cell) => ({
            ...cell,
            headline: cell.judges?.find(({ id }) => id === judges[0].id),
          })),
          rule,
        ),
      ),
    ),
  )

/** The weakest strengths, in place of those that are not selected yet: as much work as any. */
export const weakest =
  ({ paths }: Pick<Bench, 'paths'>): Selected =>
  () =>
  (method) =>
    paths[method]?.[0]
