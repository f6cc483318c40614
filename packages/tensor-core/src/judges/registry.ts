/** The judges that can be named. */
import * as E from 'fp-ts/Either'
import { type FaultDetails, type Judge, type JudgeError, badInput } from '../contracts'
import { alignbeamPhrases } from './alignbeamPhrases'
import type { Preferred } from './asking/asJudge'
import type { CompletionKind, KindOption, ModelKind } from './asking/kind'
import { optionsOf } from './asking/kindOptions'
import { gcgPhrases } from './gcgPhrases'
import { harmbench } from './kinds/harmbench'
import { llamaGuard } from './kinds/llamaGuard'
import { pairwise } from './kinds/pairwise'
import { qwen3guard } from './kinds/qwen3guard'
import { rubric } from './kinds/rubric'
import { strongreject } from './kinds/strongreject'
import { wildguard } from './kinds/wildguard'
import { phraseJudge } from './phraseJudge'
import type { PhraseList } from './phraseList'
import { refusalOpenings } from './refusalOpenings'
import { refusalPhrases } from './refusalPhrases'

// model ------------------------------------------------------------------------------------------

interface Entry {
  readonly name: string
  readonly version: string
  readonly description: string
  /** What must be there for it to work; empty: nothing. */
  readonly needs: ReadonlyArray<string>
  /** What may follow as `,name=value`. */
  readonly options: Readonly<Record<string, KindOption>>
  /** Values of `model_type` that its checkpoints have; empty: any, or no model. */
  readonly families: ReadonlyArray<string>
}
/** A judge that works as it is. */
export interface ReadyJudge extends Entry {
  readonly kind: 'ready'
  readonly judge: Judge
}
/** A judge that asks a model about a completion. */
export interface ModelJudge extends Entry {
  readonly kind: 'model'
  readonly asks: CompletionKind
}
/** A judge that asks a model about two completions. */
export interface PairJudge extends Entry {
  readonly kind: 'pairs'
  readonly asks: ModelKind<Preferred>
}
/** A judge by name, with what it needs. */
export type JudgeEntry = ReadyJudge | ModelJudge | PairJudge

// constructors -----------------------------------------------------------------------------------

const byPhrases = (list: PhraseList, description: string): ReadyJudge => ({
  kind: 'ready',
  name: list.name,
  version: String(list.version),
  description: `${description} (${list.source})`,
  needs: [],
  options: {},
  families: [],
  judge: phraseJudge(list),
})

const entryOf = (kind: ModelKind<unknown>): Entry => ({
  name: kind.name,
  version: String(kind.version),
  description: kind.description,
  needs: ['a model', ...(kind.needsAdapter === true ? ['its adapter'] : [])],
  options: optionsOf(kind),
  families: kind.families,
})

const byModel = (asks: CompletionKind): ModelJudge => ({ ...entryOf(asks), kind: 'model', asks })

/** Every judge of this package. */
export const judges: ReadonlyArray<JudgeEntry> = [
  byPhrases(refusalPhrases, 'full and partial refusals by their usual wordings'),
  byPhrases(gcgPhrases, 'refusals by the keyword list of the GCG paper, for comparison with published rates'),
  byPhrases(
    alignbeamPhrases,
    "refusals by the keyword list of AlignBeam's paper, for comparison with published rates",
  ),
  byPhrases(refusalOpenings, 'refusals by their usual openings, to choose among beams'),
  byModel(qwen3guard),
  byModel(llamaGuard),
  byModel(wildguard),
  byModel(harmbench),
  byModel(strongreject),
  byModel(rubric),
  { ...entryOf(pairwise), kind: 'pairs', asks: pairwise },
]

// destructors ------------------------------------------------------------------------------------

/** The entry of a name, given with or without its version. */
export const judgeEntry = (name: string): JudgeEntry | undefined =>
  judges.find((j) => j.name === name || `${j.name}@${j.version}` === name)

/** @returns left `UnknownJudge`; the remedy lists those there are */
export const entryNamed = (name: string, at: FaultDetails = {}): E.Either<JudgeError, JudgeEntry> => {
  const found = judgeEntry(name)
  return found === undefined
    ? E.left(
        badInput('UnknownJudge', `there is no judge ${name}`, {
          remedy: `give one of ${judges.map((j) => j.name).join(', ')}`,
          ...at,
        }),
      )
    : E.right(found)
}

/** The fault of a judge that asks a model and was given none. */
export const needsModel = (name: string, at: FaultDetails = {}): JudgeError =>
  badInput('UnknownJudge', `the judge ${name} needs a model`, {
    remedy: `give ${name}:FOLDER, ${name}:hub:ORG/NAME or ${name}:URL#MODEL`,
    ...at,
  })

/**
 * The judge of a name (`refusal`, `refusal@1`) that works as it is.
 *
 * @param at where the name was given, for the error's line.
 * @returns left `UnknownJudge` where there is none of that name, or where it needs a model; the remedy says what to give.
 */
export const judgeNamed = (name: string, at: FaultDetails = {}): E.Either<JudgeError, Judge> => {
  const found = entryNamed(name, at)
  return E.isLeft(found)
    ? found
    : found.right.kind === 'ready'
      ? E.right(found.right.judge)
      : E.left(needsModel(found.right.name, at))
}
