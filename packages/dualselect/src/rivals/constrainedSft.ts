/**
 * Constrained fine-tuning, "Safety Alignment Should Be Made More Than Just a Few Tokens Deep" (arXiv 2406.05946, section 4). The loss
 * of a response token y_t, with pi the current model and pi_ref the model as training starts:
 *
 *   loss_t = -w_t log pi(y_t),   w_t = max(2 (1 - sigmoid(beta_t (log pi(y_t) - log pi_ref(y_t)))), floor), held fixed
 *   beta_t = beta x firstFactor for the first token, beta x prefixFactor for the others of the first `prefix`, beta afterwards
 *
 * so a token whose probability has risen well above the reference's is hardly trained further, most of all at the start of a response.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Diagnostics,
  type Fault,
  type Fidelity,
  type GradientOracle,
  type RecordDiagnostics,
  type RuleState,
  type TokenWeight,
  type TrainingDefence,
  type UpdateRule,
  badInput,
} from '@safe/tensor-core/contracts'
import {
  type Values,
  atLeastZero,
  definePlugin,
  number,
  positive,
  wholeFromZero,
  withDefault,
} from '@safe/tensor-core/options'
import { carrying, innerOf } from '../state'
import { around } from './around'
import type { RivalError } from './errors'
import { remembered, shareOf, written } from './numbers'
import { type RivalParts, needsInitialModel, rivalDefence, unrecorded } from './rival'

// options ----------------------------------------------------------------------------------------

const paper = 'arXiv 2406.05946'

/** The options of constrained fine-tuning. */
export const constrainedSftOptions = {
  beta: withDefault(0.1, positive('how strongly later tokens are held to the reference'), paper),
  firstFactor: withDefault(5, atLeastZero('times beta, for the first token'), paper),
  prefixFactor: withDefault(20, atLeastZero('times beta, for the other tokens of the prefix'), paper),
  prefix: withDefault(5, wholeFromZero('tokens of the prefix'), paper),
  floor: withDefault(0.001, number('least weight of a token', { min: 0, max: 1 }), paper),
}
/** Their values. */
export type ConstrainedSftOptions = Values<typeof constrainedSftOptions>

const fidelity: Fidelity = {
  source: 'arXiv 2406.05946; code Unispac/shallow-vs-deep-alignment',
  commit: '170f0acfebc91a7d2e70eb34660058e7341fc79f',
  formula:
    'The formula and the betas are those of the authors’ trainer, compared with plain torch: parameters within 1e-6 in float64; a ' +
    'llama’s adapter after 12 steps within 1e-4 of its update (golden tests, tools/golden/dualselect_rivals.py).',
  defaults:
    'The authors’: beta 0.1, 5 times for the first token, 20 times for tokens 2 to 5, weights of at least 0.001.',
  differs:
    'The mean is over the tokens of a row, then over rows (theirs: over all tokens of a batch, as ours with the loss `token`). An adapter ' +
    'is trained, not all weights. Without dropout, as theirs. Logged losses are those without weights.',
}

// weights ----------------------------------------------------------------------------------------

/** beta_t of the token at a place from 0. */
export const betaAt = (
  { beta, firstFactor, prefixFactor, prefix }: ConstrainedSftOptions,
  place: number,
): number => (place >= prefix ? beta : beta * (place === 0 ? firstFactor : prefixFactor))

/** w_t before the floor: 2 (1 - sigmoid(x)) = 2 / (1 + e^x). */
export const constrainedWeight =
  (options: ConstrainedSftOptions): TokenWeight =>
  (place, current, initial) =>
    Math.max(2 / (1 + Math.exp(betaAt(options, place) * (current - initial))), options.floor)

// rule -------------------------------------------------------------------------------------------

const diagnostics = (state: RuleState<unknown>): Diagnostics => ({
  meanTokenWeight: shareOf(remembered(state, 'weight'), remembered(state, 'tokens')),
  tokensAtFloor: shareOf(remembered(state, 'atFloor'), remembered(state, 'tokens')),
  extraForwardPasses: remembered(state, 'rows'),
})

/** It replaces the loss that the rule inside would take gradients of, so there can be none but plain training. */
const isPlain = ({ name }: { readonly name: string }): E.Either<RivalError, void> =>
  name === 'plain'
    ? E.right(undefined)
    : E.left(
        badInput('DefenceOrder', `replaces the loss, so it cannot come after ${name}`, {
          where: 'constrained-sft',
          remedy: 'put it first among the methods of the training stage',
        }),
      )

const constrainedSftRule = <G, R extends Fault>(
  { options, inner }: Pick<RivalParts<G, R, typeof constrainedSftOptions>, 'options' | 'inner'>,
  reweighted: NonNullable<GradientOracle<G>['reweighted']>,
  record: RecordDiagnostics,
): UpdateRule<G, R | RivalError> => {
  const weightOf = constrainedWeight(options)
  return around(inner, {
    name: 'constrained-sft',
    step: (state, at) => {
      const seen = { tokens: 0, weight: 0, atFloor: 0 }
      const oracle = reweighted((...token) => {
        const w = weightOf(...token)
        seen.tokens += 1
        seen.weight += w
        seen.atFloor += w === options.floor ? 1 : 0
        return w
      })
      return pipe(
        oracle.mean(at.batch, { kind: 'deterministic' }, at.weights),
        TE.map(({ losses, gradient }) => {
          const next = carrying<G>(
            {
              numbers: written({
                tokens: remembered(state, 'tokens') + seen.tokens,
                weight: remembered(state, 'weight') + seen.weight,
                atFloor: remembered(state, 'atFloor') + seen.atFloor,
                rows: remembered(state, 'rows') + at.batch.length,
              }),
            },
            innerOf(state),
          )
          record(diagnostics(next))
          const weights = at.weights ?? new Float32Array(at.batch.length).fill(1)
          return { gradient, losses, weights, state: next, notes: [] }
        }),
      )
    },
  })
}

// constructors -----------------------------------------------------------------------------------

/**
 * Constrained fine-tuning as a defence of the training stage: first among those of its stage.
 *
 * @returns on `apply`, left `DefenceOrder` around another rule than plain training, `InitialModelMissing` where all weights are trained
 */
export const constrainedSft = (
  options: Partial<ConstrainedSftOptions> = {},
  record: RecordDiagnostics = unrecorded,
): TrainingDefence<RivalError> =>
  rivalDefence(
    {
      name: 'constrained-sft',
      table: constrainedSftOptions,
      rule: ({ options: chosen, inner, oracle }) =>
        pipe(
          isPlain(inner),
          E.chain(() => needsInitialModel('constrained-sft', oracle.reweighted)),
          E.map((reweighted) => constrainedSftRule({ options: chosen, inner }, reweighted, record)),
        ),
    },
    options,
  )

export const constrainedSftPlugin = definePlugin({
  name: 'constrained-sft',
  stage: 'training',
  summary:
    'holds the first tokens of every response to the model that training starts from (constrained SFT, arXiv 2406.05946)',
  fidelity,
  options: constrainedSftOptions,
  needs: [],
  strength: { options: ['beta'], values: [0.01, 0.03, 0.1, 0.3, 1] },
  // A forward pass of the reference.
  work: () => ({ stepFactor: 4 / 3 }),
  make: (options, _, record) => TE.right(constrainedSft(options, record)),
})
