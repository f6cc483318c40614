/** How a setting of a sweep answers a batch of rows, and how it is stopped. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Context } from '@safe/tensor-core/cli'
import { type Fault, type GenerationRequest, type Judge, interrupted } from '@safe/tensor-core/contracts'
import { anchorPrompt } from '../settings'
import type { Setting } from '../sweep/grid'
import type { SweepRow } from '../sweep/rows'
import { type Answering, type Cast, answering } from './answering'
import { type SweepValues, generateValuesOf } from './sweepOptions'

// model ------------------------------------------------------------------------------------------

/** All that a sweep works with. */
export interface SweepRun {
  readonly values: SweepValues
  readonly context: Context
  readonly cast: Cast
  /** The judge that measures. */
  readonly verdict: Judge
  readonly rows: ReadonlyArray<SweepRow>
  readonly solves: (completion: string, response: string) => boolean
}

// stopping ---------------------------------------------------------------------------------------

/** How a sweep that was stopped is continued. */
export const sweepStopped = (): Fault =>
  interrupted('Interrupted', 'stopped on request', { remedy: 'the same command with --resume continues' })

// answering --------------------------------------------------------------------------------------

/** A setting's way to answer. Prompts of tokens are the draft's: the anchor alone reads their text. */
export const answererOf = ({ values, cast }: SweepRun, setting: Setting): E.Either<Fault, Answering> =>
  pipe(
    answering(generateValuesOf(values, setting), cast),
    E.map((answer): Answering => {
      const { draft, anchor } = cast
      if (setting.method !== 'anchor' || draft === undefined || anchor === undefined) return answer
      const read = anchorPrompt(anchor, draft, null)
      return (requests, generation) =>
        pipe(
          requests,
          TE.traverseSeqArray((request) =>
            pipe(
              read(request.prompt),
              TE.map((prompt): GenerationRequest => ({ ...request, prompt })),
            ),
          ),
          TE.chainW((own) => answer(own, generation)),
        )
    }),
  )
