/**
 * AlignBeam's decoding (arXiv 2606.12342): K roots from the first mixed step, N - 1 greedy mixed steps for each, and the draft
 * alone to the end. A prompt costs exactly 1 + K (N - 1) mixed steps; beams of all prompts of a batch take each step together.
 */
import type {
  Completion,
  GenerationError,
  GenerationOptions,
  GenerationRequest,
  LmError,
  NextToken,
} from '@safe/tensor-core/contracts'
import { opensWithRefusal } from '@safe/tensor-core/judges'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Bridged, type Step, bridgeRows, disposing, stepOf } from './bridging'
import { beamText } from './anchorReading'
import { completeBridged, joined } from './completing'
import { type Known, type Mixed, mostProbable } from './mix'
import { type Drafting, type MixedSession, type Mixer, openMixed } from './mixedSession'
import type { Reader } from './reading'

// model ------------------------------------------------------------------------------------------

export interface BeamOptions {
  /** Beams per prompt, K. */
  readonly beams: number
  /** Tokens after the bridge for a beam that opens with a refusal. */
  readonly refusalTail: number
}

/** A beam with how it came about. */
export interface Beam {
  readonly completion: Completion
  /** The mixed steps of this beam, its root's first (which all beams of a prompt share). */
  readonly steps: ReadonlyArray<Step>
  /** Whether its bridge reads as a refusal. */
  readonly refuses: boolean
}

/** The beams of one prompt, most probable root first; never empty. */
export type Beams = ReadonlyArray<Beam>

/**
 * Plain numbers of one prompt's mixed steps. Where a server tells the most probable tokens alone, also the fewest of the anchor's in
 * a step, and the mean probabilities of what is not told.
 */
export interface Telemetry extends Partial<Known> {
  /** Mixed steps as run: 1 + K (N - 1), less where beams ended early. */
  readonly steps: number
  /** Mean of the anchor's probability that found a draft token. */
  readonly mappedMass: number
  /** Mean size of the support. */
  readonly support: number
  /** Steps in which nothing was carried over. */
  readonly fallbacks: number
  /** Share of steps whose mixed top token is the draft's own. */
  readonly agreement: number
}

// telemetry --------------------------------------------------------------------------------------

const mean = (values: ReadonlyArray<number>): number =>
  values.length === 0 ? 0 : values.reduce((sum, x) => sum + x, 0) / values.length

/** The telemetry of a prompt; the root's step, which its beams share, counts once. */
export const telemetryOf = (beams: ReadonlyArray<Pick<Beam, 'steps'>>): Telemetry => {
  const steps = beams.flatMap((beam, i) => (i === 0 ? beam.steps : beam.steps.slice(1)))
  const known = steps.flatMap((s) => s.known ?? [])
  return {
    steps: steps.length,
    mappedMass: mean(steps.map((s) => s.mappedMass)),
    support: mean(steps.map((s) => s.support)),
    fallbacks: steps.filter((s) => s.fallback).length,
    agreement: mean(steps.map((s) => (s.agrees ? 1 : 0))),
    ...(known.length === 0
      ? {}
      : {
          effectiveTop: Math.min(...known.map((k) => k.effectiveTop)),
          anchorUnlisted: mean(known.map((k) => k.anchorUnlisted)),
          draftUnlisted: mean(known.map((k) => k.draftUnlisted)),
        }),
  }
}

/**
 * Whether the draft alone would have opened with this refusal: the first beam refuses and every token of its bridge is also the
 * draft's own first choice. An aligned draft shows itself this way at no cost.
 */
export const draftRefuses = (beams: Beams): boolean => {
  const first = beams[0]
  return first !== undefined && first.refuses && first.steps.every((s) => s.agrees)
}

// running ----------------------------------------------------------------------------------------

interface Root {
  readonly prompt: number
  /** Place among the prompt's roots. */
  readonly rank: number
  readonly token: number
  readonly step: Step
  readonly ends: boolean
  readonly budget: number
}

const rootsOf = (
  mixtures: ReadonlyArray<Mixed>,
  beams: number,
  budgets: ReadonlyArray<number>,
  stopTokens: ReadonlySet<number>,
  logProbs: number,
): ReadonlyArray<Root> =>
  mixtures.flatMap((mixed, prompt) =>
    mostProbable(mixed, beams).map((token, rank) => ({
      prompt,
      rank,
      token,
      step: stepOf(mixed, token, logProbs),
      ends: stopTokens.has(token),
      budget: budgets[prompt] ?? 0,
    })),
  )

/** The rows that continue after their root, on a session of their own. */
const forked = (
  session: MixedSession<NextToken>,
  roots: ReadonlyArray<Root>,
): TE.TaskEither<LmError, MixedSession<NextToken>> =>
  pipe(
    session.select(roots.map((r) => r.prompt)),
    TE.chain((rows) =>
      disposing(
        rows,
        rows.edit(roots.map((r, i) => ({ keep: rows.tokens[i]?.length ?? 0, tokens: [r.token] }))),
      ),
    ),
  )

const nothingBridged: Bridged = { rows: [], live: [] }

/** Decodes a batch of prompts; each beam draws from a random stream of its own. */
export const decodeBeams =
  <D extends NextToken, A extends NextToken>(anchor: Reader<A>, mixer: Mixer<D, A>, options: BeamOptions) =>
  (draft: Drafting<D>) =>
  (
    requests: ReadonlyArray<GenerationRequest>,
    generation: GenerationOptions,
  ): TE.TaskEither<GenerationError, ReadonlyArray<Beams>> => {
    const prompts = requests.map(({ prompt }) => prompt)
    const logProbs = generation.logProbs ?? 0
    const stopTokens = mixer.ends ?? draft.stopTokens
    const budgets = requests.map(({ maxNewTokens = generation.maxNewTokens }) => maxNewTokens)
    const streamOf = (root: Root): number =>
      (requests[root.prompt]?.stream ?? root.prompt) * options.beams + root.rank
    const text = (tokens: ReadonlyArray<number>): string =>
      draft.tokenizer === undefined ? '' : beamText(draft.tokenizer, tokens)

    const finish = (roots: ReadonlyArray<Root>, going: ReadonlyArray<Root>, bridged: Bridged) => {
      const refuses = going.map((root, i) =>
        opensWithRefusal(text([root.token, ...(bridged.rows[i]?.tokens ?? [])])),
      )
      const left = going.map((root, i) => {
        const used = 1 + (bridged.rows[i]?.tokens.length ?? 0)
        const limit =
          refuses[i] === true ? Math.min(root.budget, mixer.bridgeTokens + options.refusalTail) : root.budget
        return Math.max(0, limit - used)
      })
      return pipe(
        completeBridged(bridged, { generation, budgets: left, streams: going.map(streamOf) }),
        TE.map((completions) => {
          const beamOf = (root: Root): Beam => {
            const i = going.indexOf(root)
            const row = i < 0 ? undefined : bridged.rows[i]
            const whole = {
              tokens: root.ends ? [] : [root.token, ...(row?.tokens ?? [])],
              steps: [root.step, ...(row?.steps ?? [])],
            }
            return {
              completion: joined(
                draft.tokenizer,
                generation,
                whole,
                completions.get(i),
                root.ends || row?.state === 'stop' ? 'stop' : 'length',
              ),
              steps: whole.steps,
              refuses: refuses[i] ?? opensWithRefusal(text(whole.tokens)),
            }
          }
          return prompts.map((_, prompt) => roots.filter((r) => r.prompt === prompt).map(beamOf))
        }),
      )
    }

    return prompts.length === 0
      ? TE.right([])
      : pipe(
          openMixed(anchor, mixer)(draft)(prompts),
          TE.chainW((session) =>
            disposing(
              session,
              pipe(
                session.mixed,
                TE.map((mixtures) => rootsOf(mixtures, options.beams, budgets, stopTokens, logProbs)),
                TE.chainW((roots) => {
                  const going = roots.filter((r) => !r.ends && r.budget > 1)
                  return pipe(
                    going.length === 0
                      ? TE.right<LmError, Bridged>(nothingBridged)
                      : pipe(
                          forked(session, going),
                          TE.chain((rows) => {
                            session.dispose()
                            return bridgeRows(rows, {
                              bridgeTokens: mixer.bridgeTokens,
                              stopTokens,
                              budgets: going.map((r) => r.budget - 1),
                              logProbs,
                            })
                          }),
                        ),
                    TE.chainW((bridged) => finish(roots, going, bridged)),
                  )
                }),
              ),
            ),
          ),
        )
  }
