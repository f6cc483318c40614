/** AlignBeam as a defence of the decoding stage: an endomorphism of `CausalLM`. */
import * as E from 'fp-ts/Either'
import * as T from 'fp-ts/Task'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Steps,
  type DecodingDefence,
  type Judge,
  type RecordDiagnostics,
  decodingDefence,
  noDefence,
} from '@safe/tensor-core/contracts'
import { checked, completed, parametersOf } from '@safe/tensor-core/options'
import { addAnswers, mixingDiagnostics, noMixing } from './diagnostics'
import { type Answer, asksJudge } from './mixing/answer'
import { answeringModel } from './mixing/answeringModel'
import type { AlignBeamError } from './errors'
import { type AlignBeamOptions, alignBeamOptions } from './options'
import { remoteMixer } from './remote/remoteMixer'
import { type RemoteModel, isRemote } from './remote/remoteModel'
import { alignBeamMixer, modelBridge, readyBridge, refusesByJudge } from './settings'
import { type OnWarning, narrowBridge, unjudgedBeams, watchAligned } from './warnings'

/** What AlignBeam works with. */
export interface AlignBeamResources {
  /** A small aligned model, of any vocabulary; it may be behind a URL (`remoteModel`). It stays the caller's. */
  readonly anchor: Steps | RemoteModel
  /**
   * Chooses among the beams; without one the most probable beam is returned. To have the anchor choose, as in the paper, without loading it
   * twice: ``openJudge(`rubric:${folder}`, { inMemory: () => [anchor] })`` of `@safe/tensor-core/judges`. It stays the caller's.
   */
  readonly judge?: Judge | undefined
  /** Takes what decoding did, over all prompts answered so far. */
  readonly record?: RecordDiagnostics | undefined
  /**
   * Takes lines for the user, each once: beams that nobody chooses among and a bridge that carries little when the defence is applied; a
   * draft that opens refusals by itself, so that mixing can make it worse, when its answers have shown it.
   */
  readonly onWarning?: OnWarning | undefined
  /**
   * The folder in which bridges of large vocabularies are kept; default `bridge` in `SAFE_CACHE`, else in `~/.cache/safe`. False: the bridge
   * is built in every process.
   */
  readonly cache?: string | false | undefined
  /** Called when the defended model is disposed of: the place to dispose of the anchor. */
  readonly onDispose?: (() => void) | undefined
}

/** Adds up what each batch did and records the sums. */
const recording = (
  record: RecordDiagnostics,
  judged: boolean,
): ((answers: ReadonlyArray<Answer>) => void) => {
  const state = { sum: noMixing }
  return (answers) => {
    state.sum = addAnswers(state.sum, answers, judged)
    record(mixingDiagnostics(state.sum))
  }
}

/**
 * AlignBeam (arXiv 2606.12342): anchor and draft decide the first tokens of K beams together, the draft completes each from its cache,
 * and the judge's lowest harm score is returned. Completions follow the caller's generation options.
 *
 * @param options what is left out is the paper's; `enabled: false` is the identity
 * @returns a defence whose `apply` ends in `BadOption` (with the field) or `TokenizerMissing`
 * @example
 * ```ts
 * import * as TE from 'fp-ts/TaskEither'
 * import { pipe } from 'fp-ts/function'
 * import { alignBeam } from '@safe/alignbeam'
 * import { greedy, textPrompt } from '@safe/tensor-core/contracts'
 * import { selectEngine } from '@safe/tensor-core/engine'
 * import { loadCausalLM } from '@safe/tensor-core/lm'
 *
 * const answers = pipe(
 *   selectEngine('auto'),
 *   TE.bindW('draft', () => loadCausalLM({ model: 'arena/models/base' })),
 *   TE.bindW('anchor', () => loadCausalLM({ model: 'arena/models/anchor' })),
 *   TE.chainW(({ draft, anchor }) =>
 *     alignBeam({ beams: 1, support: 'union' }, { anchor, onDispose: anchor.dispose }).apply(draft),
 *   ),
 *   TE.chainW((defended) =>
 *     defended.generate([{ prompt: textPrompt('how do i steal the crown ?') }], greedy(24)),
 *   ),
 * )
 * void answers().then((result) => console.log(JSON.stringify(result)))
 * ```
 */
export const alignBeam = (
  options: Partial<AlignBeamOptions>,
  { anchor, judge, record, onWarning = () => undefined, cache, onDispose }: AlignBeamResources,
): DecodingDefence<AlignBeamError> => {
  if (options.enabled === false) return noDefence.decoding
  return decodingDefence<AlignBeamError>({
    name: 'alignbeam',
    parameters: {
      ...parametersOf(alignBeamOptions, completed(alignBeamOptions, options)),
      anchor: anchor.id,
      judge: judge?.id ?? null,
    },
    apply: (draft) =>
      pipe(
        TE.fromEither(checked(alignBeamOptions, options)),
        TE.chainEitherK((settings) => refusesByJudge(settings, judge)),
        TE.bindTo('settings'),
        TE.chainFirstTaskK(({ settings }) =>
          isRemote(anchor)
            ? T.of(undefined)
            : readyBridge(anchor, draft, settings.multi, { cache, onWarning }),
        ),
        TE.chainEitherKW(({ settings }) => {
          const judged = judge !== undefined && asksJudge(settings)
          const aligned = watchAligned(onWarning)
          const recorded = record && recording(record, judged)
          const answering = {
            id: `alignbeam(${draft.id}, ${anchor.id})`,
            judge,
            settings,
            onAnswers: (answers: ReadonlyArray<Answer>) => {
              recorded?.(answers)
              aligned.saw(answers)
            },
            onDispose: () => {
              aligned.end()
              onDispose?.()
            },
          }
          const warned = (lines: ReadonlyArray<string | undefined>): void => {
            for (const line of lines) if (line !== undefined) onWarning(line)
          }
          warned([unjudgedBeams(settings, judge !== undefined)])
          return isRemote(anchor)
            ? pipe(
                remoteMixer(anchor, draft, settings),
                E.map((mixer) => answeringModel(draft, anchor, mixer, answering)),
              )
            : pipe(
                E.Do,
                E.bind('bridge', () => modelBridge(anchor, draft, settings.multi)),
                E.bind('mixer', () => alignBeamMixer(anchor, draft, settings)),
                E.map(({ bridge, mixer }) => {
                  warned([narrowBridge(bridge)])
                  return answeringModel(draft, anchor, mixer, answering)
                }),
              )
        }),
      ),
  })
}
