/** The options of CSULoRA and of its comparisons, with their sources: the command, the plugins and the reference page all read these. */
import * as E from 'fp-ts/Either'
import { type InputError, badInput } from '@safe/tensor-core/contracts'
import type { RankRule } from '@safe/tensor-core/linalg'
import {
  type Values,
  atLeastZero,
  choice,
  count,
  flag,
  insteadOf,
  number,
  optional,
  share,
  withDefault,
} from '@safe/tensor-core/options'

// model ------------------------------------------------------------------------------------------

/** The method of the paper and its controls. */
export const methods = ['csulora', 'hard', 'safelora', 'scale', 'random-basis'] as const
/** The name of a method. */
export type Method = (typeof methods)[number]

/** The options of every method: how large the subspaces are, and how the blocks are weighed. */
export const correctionOptions = {
  energy: withDefault(
    0.95,
    share("share of the displacement's energy the subspaces keep"),
    'CSULoRA, arXiv 2605.30640, section 3.1',
  ),
  rank: insteadOf('energy', count('number of directions the subspaces keep, instead of `energy`')),
  maxRank: optional(count('most directions the subspaces keep where `energy` chooses them')),
  beta: withDefault(
    0.05,
    atLeastZero('weight of the whole update in the reference energy'),
    'CSULoRA, arXiv 2605.30640, section 3.3',
  ),
}

/** The options of Safe LoRA; 0.35 is its milder choice of `tau`. */
export const safeLoraOptions = {
  ...correctionOptions,
  tau: withDefault(
    0.5,
    number('safelora projects modules with a cosine at or below this', { min: -1, max: 1 }),
    'Safe LoRA, arXiv 2405.16833',
  ),
  number: insteadOf(
    'tau',
    count('safelora projects this many modules, those with the lowest cosines, and decomposes nothing'),
  ),
}

/** The options of uniform scaling: to a given share of the update, or to the norm that csulora would leave. */
export const scaleOptions = {
  ...correctionOptions,
  factor: insteadOf(
    'beta',
    number("scale multiplies the update by this, instead of shrinking it to csulora's norm", {
      min: 0,
      max: 1,
    }),
  ),
}

/** What to do with a module that the alignment did not move: V = 0. */
export const unmovedChoices = ['refuse', 'keep', 'drop'] as const

/** All options, with the method that they are for. */
export const csuloraOptions = {
  ...correctionOptions,
  method: withDefault('csulora', choice('correction, or a control', methods)),
  tau: safeLoraOptions.tau,
  number: safeLoraOptions.number,
  factor: scaleOptions.factor,
  toRank: optional(count('rank of the result, where it is lower than the adapter’s')),
  unmoved: withDefault(
    'refuse',
    choice('a module in which base and aligned are equal: refuse, keep its update, drop it', unmovedChoices),
  ),
  exact: flag('exact projectors for large matrices too'),
}

/** Everything that decides a correction, beside the seed. */
export type CsuloraOptions = Values<typeof csuloraOptions>

/** The options that a method reads. */
export const optionsOf = (method: Method) =>
  method === 'safelora' ? safeLoraOptions : method === 'scale' ? scaleOptions : correctionOptions

// checks -----------------------------------------------------------------------------------------

const idle = (
  field: keyof CsuloraOptions,
  message: string,
  remedy: string,
): E.Either<InputError, CsuloraOptions> => E.left(badInput('BadOption', message, { field, remedy }))

/** @returns left `BadOption` where an option is given that nothing would read */
export const allRead = (o: CsuloraOptions): E.Either<InputError, CsuloraOptions> =>
  o.number !== undefined && o.method !== 'safelora'
    ? idle('number', `is for safelora alone, not for ${o.method}`, 'leave it out, or choose that method')
    : o.factor !== undefined && o.method !== 'scale'
      ? idle('factor', `is for scale alone, not for ${o.method}`, 'leave it out, or choose that method')
      : o.maxRank !== undefined && o.rank !== undefined
        ? idle('maxRank', 'bounds what `energy` chooses, but `rank` is given', 'leave one of the two out')
        : E.right(o)

// destructors ------------------------------------------------------------------------------------

/** How large the subspaces are: a number of directions where one is given, else as many as the energy needs, up to a bound. */
export const rankRule = ({ energy, rank, maxRank: max }: CsuloraOptions): RankRule =>
  rank !== undefined ? { fixed: rank } : max === undefined ? { energy } : { energy, max }

/** What decides the form of the result, where it is not the usual one. */
export const formOf = ({ toRank, unmoved, exact }: CsuloraOptions) => ({
  ...(toRank === undefined ? {} : { toRank }),
  ...(unmoved === 'refuse' ? {} : { unmoved }),
  ...(exact ? { exact } : {}),
})
