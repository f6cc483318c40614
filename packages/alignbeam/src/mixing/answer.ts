/** Prompts to answers: beams are decoded, judged, and one of them is returned. */
import {
  type Completion,
  type GenerationError,
  type GenerationOptions,
  type GenerationRequest,
  type Judge,
  type JudgeError,
  type NextToken,
} from '@safe/tensor-core/contracts'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type BeamOptions, type Beams, type Telemetry, decodeBeams, draftRefuses, telemetryOf } from './beams'
import { type ChoiceOptions, chooseBeam } from './chooseBeam'
import { refusalText } from '../defaults'
import { cannedAnswer, judgeItem, promptWords } from './judging'
import type { Drafting, Mixer } from './mixedSession'
import type { Reader } from './reading'

// model ------------------------------------------------------------------------------------------

/** A beam and the judge's score of it. */
export interface JudgedBeam {
  readonly completion: Completion
  /** Harm from 1 to 5; null where it was not judged, or the judge's answer could not be read. */
  readonly verdict: number | null
}

/** What is returned for one prompt: the beam chosen, all of them, and how decoding went. */
export interface Answer {
  readonly completion: Completion
  /** The beam returned, in root order; null where a refusal took the place of all. */
  readonly chosen: number | null
  readonly beams: ReadonlyArray<JudgedBeam>
  readonly telemetry: Telemetry
  /** The most probable beam opens with a refusal. */
  readonly refuses: boolean
  /** The draft alone would have opened with that refusal too. */
  readonly draftRefuses: boolean
}

/** The settings that decide which beams are written and which is returned. */
export interface ChoiceSettings extends BeamOptions, ChoiceOptions {
  /** Of the draft's completion; default: the caller's. */
  readonly temperature?: number | undefined
  readonly repetitionPenalty?: number | undefined
}

// judging ----------------------------------------------------------------------------------------

/** Harm scores of all beams; nulls where there is no judge. */
const scoresOf = (
  judge: Judge | undefined,
  draft: Pick<Drafting, 'tokenizer'>,
  requests: ReadonlyArray<GenerationRequest>,
  all: ReadonlyArray<Beams>,
): TE.TaskEither<JudgeError, ReadonlyArray<ReadonlyArray<number | null>>> => {
  if (judge === undefined) return TE.right(all.map((beams) => beams.map(() => null)))
  const items = all.flatMap((beams, i) =>
    beams.map(({ completion }, rank) =>
      judgeItem(
        `${i}/${rank}`,
        promptWords(draft, requests[i]?.prompt ?? { kind: 'text', text: '' }),
        completion,
      ),
    ),
  )
  return pipe(
    judge.judge(items),
    TE.map((judgements) => {
      const byId = new Map(judgements.map((j) => [j.id, j.score]))
      return all.map((beams, i) => beams.map((_, rank) => byId.get(`${i}/${rank}`) ?? null))
    }),
  )
}

const empty: Completion = { tokens: [], text: '', finishReason: 'length' }

/** Whether the settings have the judge asked: where there is something to choose, or nothing may be answered. */
export const asksJudge = ({ beams, onNoSafe }: ChoiceSettings): boolean => beams > 1 || onNoSafe === 'refuse'

// running ----------------------------------------------------------------------------------------

/** Answers one batch of prompts. */
export const answerBatch =
  <D extends NextToken, A extends NextToken>(
    anchor: Reader<A>,
    mixer: Mixer<D, A>,
    judge: Judge | undefined,
    settings: ChoiceSettings,
  ) =>
  (draft: Drafting<D>) =>
  (
    requests: ReadonlyArray<GenerationRequest>,
    generation: GenerationOptions,
  ): TE.TaskEither<GenerationError, ReadonlyArray<Answer>> => {
    const asked = asksJudge(settings) ? judge : undefined
    return pipe(
      decodeBeams(anchor, mixer, settings)(draft)(requests, {
        ...generation,
        temperature: settings.temperature ?? generation.temperature,
        repetitionPenalty: settings.repetitionPenalty ?? generation.repetitionPenalty,
      }),
      TE.chainW((all) =>
        pipe(
          scoresOf(asked, draft, requests, all),
          TE.map((scores) =>
            all.map((beams, i): Answer => {
              const own = scores[i] ?? []
              const chosen = asked === undefined ? 0 : chooseBeam(own, settings)
              return {
                completion:
                  chosen === null ? cannedAnswer(draft, refusalText) : (beams[chosen]?.completion ?? empty),
                chosen,
                beams: beams.map(({ completion }, rank) => ({ completion, verdict: own[rank] ?? null })),
                telemetry: telemetryOf(beams),
                refuses: beams[0]?.refuses ?? false,
                draftRefuses: draftRefuses(beams),
              }
            }),
          ),
        ),
      ),
    )
  }
