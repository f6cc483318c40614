/** The combinations a benchmark runs: one choice per stage, by name. A stage that is omitted or is `none` has no defence. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type Stage, stages } from '@safe/tensor-core/contracts'
import { closed, optional } from './closed'
import { noneWord } from './methods'

// model ------------------------------------------------------------------------------------------

/** The name of the choice at each defended stage. */
export type Combination = Readonly<Partial<Record<Stage, string>>>

// codec ------------------------------------------------------------------------------------------

const names = t.union([t.string, t.readonlyArray(t.string)])

/** A list of names means what `[[guard, forgetfilter]]` means among the methods. */
const nameOf = (given: t.TypeOf<typeof names> | undefined): string | undefined => {
  const name = typeof given === 'string' ? given : (given ?? []).join('+')
  return name === noneWord || name === '' ? undefined : name
}

const written = closed({
  data: optional(names),
  training: optional(names),
  weights: optional(names),
  decoding: optional(names),
})

const combination: t.Type<Combination, unknown> = new t.Type<Combination, unknown>(
  'a combination',
  (u): u is Combination => typeof u === 'object' && u !== null,
  (u, c) =>
    pipe(
      written.validate(u, c),
      E.map((given) =>
        Object.fromEntries(
          stages.flatMap((stage) => {
            const name = nameOf(given[stage])
            return name === undefined ? [] : [[stage, name]]
          }),
        ),
      ),
    ),
  (a) => a,
)

export const combinationsCodec: t.Type<'all' | ReadonlyArray<Combination>, unknown> = t.union([
  t.literal('all'),
  t.readonlyArray(combination),
])
