/**
 * Which layers leave queries and keys unrotated (smollm3): those with a 0 in `no_rope_layers`, by default every
 * `no_rope_layer_interval`-th.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import type { FormatError } from '../../contracts'
import { decodeAs } from '../../files/decode'
import { unsupported } from '../../files/input'
import type { Family } from './families'

const INTERVAL = 4

const Interval = t.refinement(t.number, (n) => Number.isSafeInteger(n) && n > 0, 'a positive whole number')

const Fields = t.partial(
  {
    no_rope_layers: t.union(
      [t.array(t.union([t.literal(0), t.literal(1)])), t.null, t.undefined],
      '0 or 1 per layer',
    ),
    no_rope_layer_interval: t.union([Interval, t.null, t.undefined], Interval.name),
  },
  'a model configuration',
)

/** @returns right undefined where every layer is rotated; left: a list that is too short, or of other values */
export const unrotatedLayers = (
  family: Family,
  layers: number,
  json: unknown,
  where: string,
): E.Either<FormatError, ReadonlyArray<boolean> | undefined> =>
  family.unrotatedLayers
    ? pipe(
        decodeAs<FormatError['_tag']>('FileDamaged')(Fields, where)(json),
        E.chain(({ no_rope_layers: given, no_rope_layer_interval: interval }) => {
          if (given && given.length < layers)
            return E.left(
              unsupported(
                where,
                `no_rope_layers names ${given.length} layers, num_hidden_layers is ${layers}`,
              ),
            )
          const unrotated = Array.from({ length: layers }, (_, i) =>
            given ? given[i] === 0 : (i + 1) % (interval ?? INTERVAL) === 0,
          )
          return E.right(unrotated.includes(true) ? unrotated : undefined)
        }),
      )
    : E.right(undefined)
