/** The judges one can name. */
import * as E from 'fp-ts/Either'
import { type Fault, type Judge, badInput } from '@safe/tensor-core/contracts'
import { type PhraseList, gcgPhrases, refusalPhrases } from './phrases'
import { phraseJudge } from './refusal'

// model ------------------------------------------------------------------------------------------

/** A judge by name, with what it needs. */
export interface JudgeEntry {
  readonly name: string
  readonly version: string
  readonly description: string
  /** What must be there for it to work; empty: nothing. */
  readonly needs: ReadonlyArray<string>
  readonly judge: Judge
  /** What it looks for. */
  readonly list: PhraseList
}

// constructors -----------------------------------------------------------------------------------

/** Every judge that `--judge` can name. */
export const judges: ReadonlyArray<JudgeEntry> = [
  { list: refusalPhrases, description: 'full and partial refusals by their usual wordings' },
  {
    list: gcgPhrases,
    description: 'refusals by the keyword list of the GCG paper, for comparison with published rates',
  },
].map(({ list, description }) => ({
  name: list.name,
  version: String(list.version),
  description: `${description} (${list.source})`,
  needs: [],
  judge: phraseJudge(list),
  list,
}))

/** The judge of a name; left names those there are. */
export const judgeNamed = (name: string): E.Either<Fault, JudgeEntry> => {
  const found = judges.find((j) => j.name === name || j.judge.id === name)
  return found === undefined
    ? E.left(
        badInput('UnknownJudge', `there is no judge ${name}`, {
          where: '--judge',
          remedy: `give one of ${judges.map((j) => j.name).join(', ')}`,
        }),
      )
    : E.right(found)
}
