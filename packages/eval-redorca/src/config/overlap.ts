/** What happens where data sets that must be disjoint have prompts in common: the run is refused, warned of, or allowed. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { closed, isFields, oneOf, withDefault } from './closed'

// model ------------------------------------------------------------------------------------------

export const overlapRules = ['refuse', 'warn', 'allow'] as const
/** What is done about rows in common: one of three words. */
export type OverlapRule = (typeof overlapRules)[number]

/** What is done, by what the rows are. */
export interface OverlapPolicy {
  /** Harmful prompts and tasks that are also in the training data. */
  readonly training: OverlapRule
  /** Prompts and clusters of the validation that are also in the test. */
  readonly validation: OverlapRule
  /** Other evaluation prompts in the training data, and any in the safe rows, the references and the harmful rows. */
  readonly rest: OverlapRule
}

export const defaultOverlap: OverlapPolicy = { training: 'refuse', validation: 'refuse', rest: 'warn' }

// codec ------------------------------------------------------------------------------------------

const rule = oneOf(...overlapRules)

const policy = closed({
  training: withDefault(rule, defaultOverlap.training),
  validation: withDefault(rule, defaultOverlap.validation),
  rest: withDefault(rule, defaultOverlap.rest),
})

/** One word for everything, or a mapping; not a union, whose branches would stand in the paths of errors. */
export const overlapCodec: t.Type<OverlapPolicy, unknown> = new t.Type<OverlapPolicy, unknown>(
  rule.name,
  policy.is.bind(policy),
  (u, c) =>
    isFields(u)
      ? policy.validate(u, c)
      : pipe(
          rule.validate(u, c),
          E.map((all) => ({ training: all, validation: all, rest: all })),
        ),
  (a) => a,
)
