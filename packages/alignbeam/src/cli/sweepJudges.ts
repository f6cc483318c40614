/** The judge that measures a sweep: it reports refusals, and it is not the one that chooses among the beams. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { type InputError, type Judge, badInput } from '@safe/tensor-core/contracts'
import { parseJudgeSpec } from '@safe/tensor-core/judges'

/** The options that say which judges there are, and whether beams are chosen. */
export interface JudgeValues {
  readonly judge: string
  readonly verdict: string
  readonly sameJudge: boolean
  readonly beams: ReadonlyArray<number>
  readonly onNoSafe: 'lowest' | 'refuse'
}

const isSame: InputError = badInput(
  'BadOption',
  'is the judge that chooses among the beams, so the results would flatter them',
  { field: 'verdict', remedy: 'give another judge, or `sameJudge`' },
)

/** Whether a setting has its beams judged, and it matters who measures. */
const matters = ({ judge, sameJudge, beams, onNoSafe }: JudgeValues): boolean =>
  judge !== 'none' && !sameJudge && (onNoSafe === 'refuse' || beams.some((k) => k > 1))

const unversioned = (name: string): string => name.replace(/@.*$/, '')

/** Kind and model of a judge as it is written, without version and options. */
const written = (text: string): string =>
  pipe(
    parseJudgeSpec(text),
    E.match(
      () => text,
      ({ kind, model }) => JSON.stringify([unversioned(kind), model ?? null]),
    ),
  )

/** Before anything is opened: two judges of one name. */
export const checkJudgeNames = (values: JudgeValues): E.Either<InputError, void> =>
  matters(values) && written(values.judge) === written(values.verdict) ? E.left(isSame) : E.right(undefined)

/** Whether two judges are one list of phrases, or ask one model. */
const isSameJudge = (a: Judge, b: Judge): boolean =>
  a.id === b.id ||
  (a.checkpoint === undefined
    ? b.checkpoint === undefined && unversioned(a.id) === unversioned(b.id)
    : a.checkpoint === b.checkpoint)

/** Whether this judge can measure. */
export const checkMeasuring = ({ id, axes }: Judge): E.Either<InputError, void> =>
  axes.includes('refused')
    ? E.right(undefined)
    : E.left(
        badInput('BadOption', `does not report refusals (${id})`, {
          field: 'verdict',
          remedy: 'give a list of phrases, wildguard:MODEL, qwen3guard:MODEL or rubric:MODEL,scale=xstest',
        }),
      )

/** When both are opened: two judges that are one list of phrases, or ask one model. */
export const checkJudges = (
  values: JudgeValues,
  choosing: Judge | undefined,
  measuring: Judge,
): E.Either<InputError, void> =>
  choosing !== undefined && matters(values) && isSameJudge(choosing, measuring)
    ? E.left(isSame)
    : E.right(undefined)
