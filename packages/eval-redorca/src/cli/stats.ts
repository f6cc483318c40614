/** `stats wilson | kappa | holm`: the statistics of the reports, for scripts. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { command } from '@safe/tensor-core/cli'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { agreement, holm, wilson } from '../stats'
import { rowsOf, textField } from './rowFields'

const fixed = (x: number): string => x.toFixed(6)

const numbers = (args: ReadonlyArray<string>): E.Either<Fault, ReadonlyArray<number>> =>
  pipe(
    args,
    E.traverseArray((arg) =>
      arg.trim() !== '' && Number.isFinite(Number(arg))
        ? E.right(Number(arg))
        : E.left(badInput('BadOption', 'must be a number', { where: arg, remedy: 'see --help' })),
    ),
  )

export const wilsonCommand = command({
  name: 'stats wilson',
  description: "Wilson's 95 % interval of K successes in N trials",
  example: 'redorca stats wilson 3 40',
  arguments: [
    { name: 'k', description: 'successes' },
    { name: 'n', description: 'trials' },
  ],
  options: {},
  run: (_, __, args) =>
    pipe(
      TE.fromEither(numbers(args)),
      TE.filterOrElseW(
        ([k = -1, n = 0]) => Number.isSafeInteger(k) && Number.isSafeInteger(n) && n >= 1 && k >= 0 && k <= n,
        (): Fault =>
          badInput('BadOption', 'K and N must be whole numbers with 0 <= K <= N and N >= 1', {
            where: args.join(' '),
            remedy: 'see --help',
          }),
      ),
      TE.map(([k = 0, n = 1]) => {
        const e = wilson(k, n)
        return { json: e, text: `${fixed(e.value)} [${fixed(e.low)}, ${fixed(e.high)}] n=${e.n}` }
      }),
    ),
})

export const kappaCommand = command({
  name: 'stats kappa',
  description: "Cohen's kappa of two raters, with its 95 % interval; rows have fields a and b",
  example: 'redorca stats kappa labels.csv',
  arguments: [{ name: 'file', description: 'JSONL or CSV with fields a and b' }],
  options: {},
  run: (_, __, [file = '']) =>
    pipe(
      rowsOf(file),
      TE.chainEitherKW(
        E.traverseArray((row) =>
          pipe(
            E.Do,
            E.bind('a', () => textField('a')(row)),
            E.bind('b', () => textField('b')(row)),
          ),
        ),
      ),
      TE.map((pairs) => {
        const { n, accuracy, kappa, kappaInterval, alpha, confusion } = agreement(pairs)
        return {
          json: { n, accuracy, kappa, kappaInterval, alpha, confusion },
          text:
            kappa === null || kappaInterval === null
              ? `kappa is undefined: both raters always gave the same label, n=${n}`
              : `${fixed(kappa)} [${fixed(kappaInterval.low)}, ${fixed(kappaInterval.high)}] n=${n}`,
        }
      }),
    ),
})

export const holmCommand = command({
  name: 'stats holm',
  description: "Holm's adjusted p-values, in the order given",
  example: 'redorca stats holm 0.01 0.03 0.2',
  arguments: [{ name: 'p', description: 'p-values', variadic: true }],
  options: {},
  run: (_, __, args) =>
    pipe(
      TE.fromEither(numbers(args)),
      TE.filterOrElseW(
        (p) => p.length > 0 && p.every((x) => x >= 0 && x <= 1),
        (): Fault =>
          badInput('BadOption', 'p-values must be from 0 to 1', {
            where: args.join(' '),
            remedy: 'see --help',
          }),
      ),
      TE.map((p) => {
        const adjusted = holm(p)
        return { json: { adjusted }, text: adjusted.map(fixed).join('\n') }
      }),
    ),
})
