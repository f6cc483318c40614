/** What determines the rows of a fine-tune: the rows themselves, or what an attacker chooses them from and by. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { Fault } from '@safe/tensor-core/contracts'
import { contentHash } from '@safe/tensor-core/files'
import { anchorDefaults } from '@safe/tensor-core/lm'
import { type Key, dataHash } from '@safe/tensor-core/pipeline'
import { type BenignRows, benignRowsOf } from '../config/benignRows'
import { appliedMethods } from './applied'
import { attackerOf, candidateRows } from './attackers'
import type { Bench } from './bench'
import { type Factors, type FineTune, undefended } from './factors'

/** What determines the choice of benign rows, beside the rows themselves. */
const choiceKey = (choice: BenignRows, { harmful, references }: Bench['hashes']): Key => ({
  ...choice,
  ...(choice.rows === 'eroding' ? { anchors: { ...anchorDefaults, harmful, references } } : {}),
})

/**
 * What determines the rows of a fine-tune. An attacker that evades a filter chooses them by what the filter keeps; one that chooses among
 * benign rows may do so by their gradients.
 */
export const rowsHash = (bench: Bench, f: FineTune & Pick<Factors, 'seed'>): E.Either<Fault, string> => {
  const attacker = attackerOf(bench.config, f.attacker)
  const [{ evade }, choice] = [attacker, benignRowsOf(attacker)]
  const own = pipe(bench.suite.trainingData(f.regime, f.seed), E.map(dataHash))
  if (choice !== undefined)
    return pipe(
      own,
      E.map((rows) => contentHash({ benign: rows, ...choiceKey(choice, bench.hashes) })),
    )
  return evade === undefined
    ? own
    : pipe(
        E.Do,
        E.bind('rows', () => own),
        E.bind('candidates', () => pipe(candidateRows(bench.suite, f), E.map(dataHash))),
        E.bind('evaded', () => appliedMethods(bench, { model: 'aligned', ...f, ...undefended, data: evade })),
        E.map(({ rows, candidates, evaded: { data } }) => contentHash({ rows, candidates, evaded: data })),
      )
}
