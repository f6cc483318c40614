/** The steps of a question in a tokenizer's ids. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { type JudgeError, type Tokenizer, badInput } from '../../contracts'
import type { OnlyAfter, Step, VerdictWord } from './question'

// model ------------------------------------------------------------------------------------------

/** One way to write a verdict word: its first token is scored, all of it is taught where it is chosen. */
export interface ScoredSpelling {
  readonly word: string
  readonly text: string
  readonly ids: ReadonlyArray<number>
}

/** A step in ids. */
export type PlannedStep =
  | ({ readonly kind: 'teach'; readonly ids: ReadonlyArray<number>; readonly text: string } & OnlyAfter)
  | {
      readonly kind: 'choose'
      readonly name: string
      readonly words: ReadonlyArray<string>
      /** At least one of each word; no two share a first token. */
      readonly spellings: ReadonlyArray<ScoredSpelling>
    }
  | Extract<Step, { kind: 'write' }>

/** The steps, and the most tokens that a reply along them has. */
export interface Plan {
  readonly steps: ReadonlyArray<PlannedStep>
  readonly longest: number
}

// constructors -----------------------------------------------------------------------------------

/**
 * The spellings whose first token belongs to one word only. A blank that is a token of its own begins the words of all, so such a
 * spelling says nothing and is left out.
 */
const distinct = (tokenizer: Tokenizer, words: ReadonlyArray<VerdictWord>): ReadonlyArray<ScoredSpelling> => {
  const all = words.flatMap(({ word, spellings = [word] }) =>
    spellings.map((text) => ({ word, text, ids: tokenizer.encodeInner(text) })),
  )
  const owners = new Map<number, Set<string>>()
  for (const { word, ids } of all) {
    const [first] = ids
    if (first !== undefined) owners.set(first, (owners.get(first) ?? new Set()).add(word))
  }
  const seen = new Set<number>()
  return all.filter(({ ids }) => {
    const [first] = ids
    if (first === undefined || seen.has(first) || owners.get(first)?.size !== 1) return false
    // An unknown-token id stands for anything.
    if (tokenizer.bytes(first) === undefined) return false
    seen.add(first)
    return true
  })
}

const planned =
  (tokenizer: Tokenizer, where: string) =>
  (step: Step): E.Either<JudgeError, PlannedStep> => {
    switch (step.kind) {
      case 'write':
        return E.right(step)
      case 'teach':
        return E.right({ ...step, ids: tokenizer.encodeInner(step.text) })
      case 'choose': {
        const spellings = distinct(tokenizer, step.words)
        const missing = step.words.filter(({ word }) => !spellings.some((s) => s.word === word))
        return missing.length === 0
          ? E.right({ kind: 'choose', name: step.name, words: step.words.map((w) => w.word), spellings })
          : E.left(
              badInput(
                'ModelUnsupported',
                `its tokenizer has no first token of its own for the verdict ${missing.map(({ word }) => `"${word.trim()}"`).join(', ')}`,
                { where, remedy: 'give a model whose tokenizer can write it' },
              ),
            )
      }
    }
  }

const longestOf = (step: PlannedStep): number =>
  step.kind === 'teach'
    ? step.ids.length
    : step.kind === 'write'
      ? step.longest
      : Math.max(...step.spellings.map(({ ids }) => ids.length))

/** @param where the model, for messages @returns left `ModelUnsupported` where verdict words cannot be told apart */
export const planOf = (
  tokenizer: Tokenizer,
  steps: ReadonlyArray<Step>,
  where: string,
): E.Either<JudgeError, Plan> =>
  pipe(
    E.tryCatch(
      () => steps.map(planned(tokenizer, where)),
      () => badInput('ModelUnsupported', 'its tokenizer cannot encode the verdict words', { where }),
    ),
    E.chainW((each) => E.sequenceArray(each)),
    E.map((all) => ({ steps: all, longest: all.reduce((sum, step) => sum + longestOf(step), 0) })),
  )
