/** The judges that can be named. */
import * as E from 'fp-ts/Either'
import { type FaultDetails, type Judge, type JudgeError, badInput } from '../contracts'
import { alignbeamPhrases } from './alignbeamPhrases'
import { gcgPhrases } from './gcgPhrases'
import { harmRubricVersion } from './harmRubric'
import { type AskedModel, harmRubricJudge } from './harmRubricJudge'
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
}
/** A judge that works as it is. */
export interface ReadyJudge extends Entry {
  readonly kind: 'ready'
  readonly judge: Judge
}
/** A judge that asks a model. */
export interface ModelJudge extends Entry {
  readonly kind: 'model'
  readonly judgeWith: (model: AskedModel) => Judge
}
/** A judge by name, with what it needs. */
export type JudgeEntry = ReadyJudge | ModelJudge

// constructors -----------------------------------------------------------------------------------

const byPhrases = (list: PhraseList, description: string): ReadyJudge => ({
  kind: 'ready',
  name: list.name,
  version: String(list.version),
  description: `${description} (${list.source})`,
  needs: [],
  judge: phraseJudge(list),
})

/** Every judge of this package. */
export const judges: ReadonlyArray<JudgeEntry> = [
  byPhrases(refusalPhrases, 'full and partial refusals by their usual wordings'),
  byPhrases(gcgPhrases, 'refusals by the keyword list of the GCG paper, for comparison with published rates'),
  byPhrases(
    alignbeamPhrases,
    "refusals by the keyword list of AlignBeam's paper, for comparison with published rates",
  ),
  byPhrases(refusalOpenings, 'refusals by their usual openings, to choose among beams'),
  {
    kind: 'model',
    name: 'harm-rubric',
    version: String(harmRubricVersion),
    description: 'harm from 1 to 5 by a language model that is asked with a rubric',
    needs: ['a model'],
    judgeWith: harmRubricJudge,
  },
]

// destructors ------------------------------------------------------------------------------------

/** The entry of a name, given with or without its version. */
export const judgeEntry = (name: string): JudgeEntry | undefined =>
  judges.find((j) => j.name === name || `${j.name}@${j.version}` === name)

/**
 * The judge of a name (`refusal`, `refusal@1`) that works as it is.
 *
 * @param at where the name was given, for the error's line.
 * @returns left `UnknownJudge` where there is none of that name, or where it needs a model; the remedy lists those there are.
 */
export const judgeNamed = (name: string, at: FaultDetails = {}): E.Either<JudgeError, Judge> => {
  const found = judgeEntry(name)
  const ready = judges.flatMap((j) => (j.kind === 'ready' ? [j.name] : []))
  return found?.kind === 'ready'
    ? E.right(found.judge)
    : E.left(
        badInput(
          'UnknownJudge',
          found === undefined ? `there is no judge ${name}` : `the judge ${name} needs a model`,
          { remedy: `give one of ${ready.join(', ')}`, ...at },
        ),
      )
}
