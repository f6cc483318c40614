/**
 * The arena as a configuration names it: `arena`, or a mapping `{arena: {world, models, beam-judge}}` for another world, with the
 * folder of the models that were built for it, or for another judge among beams.
 */
import * as t from 'io-ts'
import { documentOf } from '@safe/tensor-core/options'
import { closed, oneOf, optional, wholeFromZero, withDefault } from './closed'

// model ------------------------------------------------------------------------------------------

/** The arena's judges among beams: a guard that errs, and one that is nearly always right. */
export const arenaBeamJudges = ['arena-guard', 'arena-harm'] as const
/** The name of such a judge. */
export type ArenaBeamJudge = (typeof arenaBeamJudges)[number]

/** Which arena. */
export interface ArenaChoice {
  /** The seed of the world; undefined: that of the shipped models. */
  readonly world: number | undefined
  /** The folder of the world's models; undefined: the shipped ones. */
  readonly models: string | undefined
  /** The model that is evaluated, in place of the world's own aligned one. */
  readonly aligned: string | undefined
  /** An adapter of that model that was fine-tuned before: the regime `given-adapter`. */
  readonly adapter: string | undefined
  readonly beamJudge: ArenaBeamJudge
}

/** The arena as a configuration names it. */
export type ArenaConfig = 'arena' | { readonly arena: ArenaChoice }

// codec ------------------------------------------------------------------------------------------

export const arenaMappingCodec = closed({
  arena: closed({
    world: optional(wholeFromZero),
    models: optional(t.string),
    aligned: optional(t.string),
    adapter: optional(t.string),
    beamJudge: withDefault(oneOf(...arenaBeamJudges), 'arena-guard'),
  }),
})

// destructors ------------------------------------------------------------------------------------

export const arenaChoice = (config: ArenaConfig): Partial<ArenaChoice> =>
  config === 'arena' ? {} : config.arena

/** As it is written to a file. */
export const shownArena = (config: ArenaConfig): unknown =>
  config === 'arena' ? config : { arena: documentOf({ ...config.arena }) }
