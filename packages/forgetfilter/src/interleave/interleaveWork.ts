/** The ports of interleaved training over a work folder: every adapter and every completion is kept under what decides it. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Dataset, Fault, Generates, Judge, Scores } from '@safe/tensor-core/contracts'
import { attackSuccess, exactMatch } from './attackSuccess'
import { type FilterRule, accepted, auditRates, keptIds } from '../audit/audit'
import { splitRates, withCanaries } from '../canaryRows'
import type { InterleavePorts } from './interleave'
import { measureForgetting } from '../rates/measureForgetting'
import type { Reference } from '../rates/reference'
import type { Signal } from '../rates/signals'
import {
  type Deciding,
  type ModelPorts,
  type Observable,
  type Trained,
  dataKey,
  observedIn,
  trainedIn,
} from '../work'

// model ------------------------------------------------------------------------------------------

/** What decides the study beside the models and their recipes. */
export interface InterleaveSetting {
  readonly work: string
  readonly deciding: Deciding
  readonly safe: Dataset
  readonly rule: FilterRule
  readonly signal: Signal
  readonly reference: Reference | undefined
  /** Unsafe prompts. */
  readonly prompts: Dataset
  readonly task: Dataset | undefined
  readonly judge: Judge
  /** Tokens of the longest answer to a prompt. */
  readonly answerTokens: number
}

/** Models of the study: adapters, and the aligned model without one. */
export interface InterleaveModels extends ModelPorts {
  readonly aligned: TE.TaskEither<Fault, Generates & Scores>
}

type Phased = Trained<'noisy' | 'safe'>

/** A model as it is observed; without a folder it is the aligned model. */
interface Seen extends Observable {
  readonly folder: string | undefined
}

// constructors -----------------------------------------------------------------------------------

export const interleavePorts = (
  models: InterleaveModels,
  { work, deciding, safe, rule, signal, reference, prompts, task, judge, answerTokens }: InterleaveSetting,
): InterleavePorts<Phased, Fault> => {
  const trainKept = trainedIn(work, models)
  const train = (phase: 'noisy' | 'safe', data: Dataset, from: Phased | undefined) =>
    trainKept({
      name: phase,
      phase,
      data,
      decides: {
        from: from?.key ?? deciding.model,
        recipe: phase === 'noisy' ? deciding.noisyRecipe : deciding.safeRecipe,
        data: dataKey(data),
      },
      ...(from === undefined ? {} : { init: from.folder }),
    })
  const opening = {
    open: ({ folder }: Seen) => (folder === undefined ? models.aligned : models.open(folder)),
    observing: ({ name }: Seen, rows: number) => models.observing(name, rows),
  }
  const observe = observedIn<Seen>(work, opening, deciding.maxNewTokens)
  const answer = observedIn<Seen>(work, opening, answerTokens)
  return {
    train,
    filter: (noisy, from) =>
      pipe(
        TE.fromEither(withCanaries(rule.threshold.method, noisy)),
        TE.chainW((rows) =>
          pipe(
            measureForgetting<Phased, Fault>(
              {
                learn: (data) => train('noisy', data, from),
                forget: (m1) => train('safe', safe, m1),
                observe,
              },
              signal,
              reference,
            )(rows.all),
            TE.map((all) => splitRates(all, rows.canaryIds)),
            TE.chainEitherKW(({ rates, canaries }) => accepted(rule, auditRates(rule, rates, canaries))),
            TE.map((audit) => {
              const kept = keptIds(rule, audit)
              const examples = rows.data.examples.filter(({ id }) => kept.has(id))
              return {
                kept: { ...noisy, examples },
                dropped: rows.data.examples.length - examples.length,
                phi: audit.threshold.phi,
              }
            }),
          ),
        ),
      ),
    measure: (model) => {
      const seen: Seen = model ?? { name: 'aligned', key: deciding.model, folder: undefined }
      return pipe(
        answer(seen, prompts, 'completion'),
        TE.chain((completions) => attackSuccess(judge, prompts, completions)),
        TE.bindTo('attackSuccess'),
        TE.bind('solved', () =>
          task === undefined
            ? TE.right(undefined)
            : pipe(
                answer(seen, task, 'completion'),
                TE.map((completions) => exactMatch(task, completions)),
              ),
        ),
        TE.map(({ attackSuccess: rate, solved }) => ({
          attackSuccess: rate,
          ...(solved === undefined ? {} : { task: solved }),
        })),
      )
    },
  }
}
