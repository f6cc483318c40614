/**
 * The filter that a provider would write first: a judge reads every row, and the rows that it calls harmful are dropped. Nothing is
 * trained.
 *
 *   dropped(x, y) = p_judge(x, y) > threshold,   or the judge's own verdict where it gives no probability
 *
 * Judges read answers. So a prompt is judged as an answer to itself (`what: prompt`), which asks whether its text is harmful.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type DataDefence,
  type Example,
  type Fault,
  type Fidelity,
  type InputError,
  type Judge,
  type JudgeItem,
  type RecordDiagnostics,
  badInput,
  dataDefence,
  failure,
  promptText,
  responseText,
} from '@safe/tensor-core/contracts'
import { type HarmFinding, harmFinding, judgeOfHarm, ownJudge } from '@safe/tensor-core/judges'
import {
  type Values,
  checked,
  choice,
  completed,
  definePlugin,
  number,
  parametersOf,
  withDefault,
} from '@safe/tensor-core/options'
import { dropDiagnostics } from '../diagnostics'

// options ----------------------------------------------------------------------------------------

/** The part of a row that is judged. */
type Part = 'response' | 'prompt'

/** The options of the guard filter. */
export const guardFilterOptions = {
  what: withDefault(
    'response',
    choice('what is judged: the response to its prompt, the prompt, or each of them', [
      'response',
      'prompt',
      'both',
    ]),
  ),
  threshold: withDefault(
    0.5,
    number('a text is harmful above this probability, where the judge gives one', { min: 0, max: 1 }),
  ),
  unparsed: withDefault(
    'keep',
    choice('what is done with a row whose verdict could not be parsed', ['keep', 'drop']),
  ),
}
/** Their values. */
export type GuardFilterOptions = Values<typeof guardFilterOptions>

const fidelity: Fidelity = {
  source: 'Moderation of fine-tuning data by a guard model, as Llama Guard (arXiv 2312.06674).',
  formula:
    'A row with pHarmful above the threshold is dropped; without a probability the judge’s verdict decides. Hand-made cases; there is no reference ' +
    'implementation.',
  defaults: 'Threshold 0.5, as the judges’ own verdicts; rows whose verdict cannot be parsed are kept.',
  differs: 'Judges read answers, so a prompt is judged as an answer to itself.',
}

// verdicts ---------------------------------------------------------------------------------------

/** What several readings of a row say together: harmful where one is, unparsed where one is and none is harmful. */
const together = (findings: ReadonlyArray<HarmFinding>): HarmFinding =>
  findings.includes('harmful') ? 'harmful' : findings.includes('unparsed') ? 'unparsed' : 'safe'

// asking -----------------------------------------------------------------------------------------

const itemOf =
  (part: Part) =>
  (row: Example, at: number): JudgeItem => {
    const prompt = promptText(row.prompt)
    return {
      id: String(at),
      prompt,
      completion: part === 'prompt' ? prompt : responseText(row.response),
    }
  }

/** A row of token ids has no text to judge. */
const withTexts = (
  rows: ReadonlyArray<Example>,
  parts: ReadonlyArray<Part>,
): E.Either<InputError, ReadonlyArray<Example>> => {
  const bare = rows.find((row) => parts.some((part) => row[part].kind === 'tokens'))
  return bare === undefined
    ? E.right(rows)
    : E.left(
        badInput('BadRow', 'holds token ids, and a judge reads text', {
          where: `row ${bare.id}`,
          remedy: 'give rows as text, or leave guard-filter out',
        }),
      )
}

const judged = (
  judge: Judge,
  rows: ReadonlyArray<Example>,
  threshold: number,
  part: Part,
): TE.TaskEither<Fault, ReadonlyArray<HarmFinding>> =>
  pipe(
    rows.length === 0 ? TE.right([]) : judge.judge(rows.map(itemOf(part))),
    TE.filterOrElseW(
      (all) => all.length === rows.length,
      (all) =>
        failure('JudgeFailed', `judged ${all.length} of ${rows.length} rows`, { where: `judge ${judge.id}` }),
    ),
    TE.map((all) => all.map((one) => harmFinding(one, threshold))),
  )

// constructors -----------------------------------------------------------------------------------

/**
 * Drops the rows that the judge calls harmful; the others keep their order and their bytes.
 *
 * @returns on `apply`, left `BadOption` for a judge that does not report harm, `BadRow` for a row of token ids, or the judge's fault
 */
export const guardFilter = (
  options: Partial<GuardFilterOptions>,
  { judge }: { readonly judge: Judge },
  record: RecordDiagnostics = () => undefined,
): DataDefence =>
  dataDefence<Fault>({
    name: 'guard-filter',
    parameters: parametersOf(guardFilterOptions, completed(guardFilterOptions, options)),
    apply: (data) =>
      pipe(
        E.Do,
        E.bindW('chosen', () => checked(guardFilterOptions, options)),
        E.bindW('guard', () => judgeOfHarm(judge, 'filter rows')),
        E.let('parts', ({ chosen }): ReadonlyArray<Part> =>
          chosen.what === 'both' ? ['response', 'prompt'] : [chosen.what],
        ),
        E.bindW('rows', ({ parts }) => withTexts(data.examples, parts)),
        TE.fromEither,
        TE.chainW(({ chosen: { threshold, unparsed }, guard, parts, rows }) =>
          pipe(
            parts,
            TE.traverseSeqArray((part) => judged(guard, rows, threshold, part)),
            TE.map((readings) => {
              const findings = rows.map((_, i) => together(readings.map((of) => of[i] ?? 'unparsed')))
              const left = {
                ...data,
                examples: rows.filter(
                  (_, i) => findings[i] === 'safe' || (findings[i] === 'unparsed' && unparsed === 'keep'),
                ),
              }
              record({
                ...dropDiagnostics(data, left),
                judge: guard.id,
                harmful: findings.filter((one) => one === 'harmful').length,
                unparsed: findings.filter((one) => one === 'unparsed').length,
              })
              return left
            }),
          ),
        ),
      ),
  })

/** The guard filter as a benchmark finds it. */
export const guardFilterPlugin = definePlugin({
  name: 'guard-filter',
  stage: 'data',
  summary: 'drops the rows that a judge calls harmful',
  options: { ...guardFilterOptions, judge: ownJudge },
  needs: ['judge'],
  strength: { options: ['threshold'], values: [0.9, 0.7, 0.5, 0.3, 0.1] },
  fidelity,
  // A judge that is a model reads each row once, or twice.
  work: ({ what }, { rows }) => ({ scoredRows: what === 'both' ? 2 * rows : rows }),
  make: ({ what, threshold, unparsed }, { judge }, record) =>
    pipe(
      TE.fromEither(judgeOfHarm(judge, 'filter rows')),
      TE.map((guard) => guardFilter({ what, threshold, unparsed }, { judge: guard }, record)),
    ),
})
