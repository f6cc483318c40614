/**
 * Judges of the user's own: a module exports `judges`, one entry per judge, and is loaded as methods are. What comes from it is
 * checked before it is used, because it may be plain JavaScript.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import {
  type Fault,
  type Judge,
  type JudgeError,
  type Judgement,
  type Parameters,
  badInput,
  causeLine,
  failure,
  judgeAxes,
  judgeVersion,
} from '@safe/tensor-core/contracts'
import { contentHash, decodeAs } from '@safe/tensor-core/files'
import type { OpenedJudge } from '@safe/tensor-core/judges'
import type { OwnJudge } from '../config/judgeChoice'
import { judgementCodec } from '../suite/verdicts'
import type { LoadModule } from './plugins'

// model ------------------------------------------------------------------------------------------

/** A judge that a module offers: an entry of its `judges`. */
export interface JudgePlugin {
  readonly specificationVersion: typeof judgeVersion
  /** As a configuration names it. */
  readonly name: string
  /** The judge with these options, as a value or as a task. A `dispose` beside its other fields is called at the end. */
  readonly create: (options: Parameters) => OfferedJudge | TE.TaskEither<Fault, OfferedJudge>
}

/** A judge, with what it must free where it holds anything. */
export interface OfferedJudge extends Judge {
  readonly dispose?: () => void
}

// checking ---------------------------------------------------------------------------------------

const isRecord = (u: unknown): u is Readonly<Record<string, unknown>> => typeof u === 'object' && u !== null

const isPlugin = (u: unknown): u is JudgePlugin =>
  isRecord(u) &&
  u['specificationVersion'] === judgeVersion &&
  typeof u['name'] === 'string' &&
  typeof u['create'] === 'function'

const isJudge = (u: unknown): u is OfferedJudge =>
  isRecord(u) &&
  u['specificationVersion'] === judgeVersion &&
  typeof u['id'] === 'string' &&
  Array.isArray(u['axes']) &&
  u['axes'].every((axis) => judgeAxes.some((name) => name === axis)) &&
  typeof u['judge'] === 'function'

const placed = ({ use, name }: OwnJudge): string => `${use} (${name})`

const pluginOf = (exports: unknown, choice: OwnJudge): E.Either<Fault, JudgePlugin> => {
  const list: unknown = isRecord(exports) ? exports['judges'] : undefined
  if (!Array.isArray(list))
    return E.left(
      badInput('UnknownJudge', 'exports no list named judges', {
        where: choice.use,
        remedy: 'name a module of judges',
      }),
    )
  const entries: ReadonlyArray<unknown> = list
  const found = entries.find((u) => isRecord(u) && u['name'] === choice.name)
  if (isPlugin(found)) return E.right(found)
  return E.left(
    isRecord(found)
      ? badInput(
          'UnknownJudge',
          found['specificationVersion'] === judgeVersion
            ? 'is not a judge (name and create)'
            : `was written for version ${String(found['specificationVersion'])} of the contract of judges, this is version ${judgeVersion}`,
          { where: placed(choice), remedy: 'update that module' },
        )
      : badInput('UnknownJudge', 'has no judge of this name', {
          where: placed(choice),
          remedy: `use ${entries
            .filter(isPlugin)
            .map((p) => p.name)
            .join(', ')}`,
        }),
  )
}

// opening ----------------------------------------------------------------------------------------

const isFault = (u: unknown): u is Fault =>
  isRecord(u) &&
  typeof u['_tag'] === 'string' &&
  typeof u['message'] === 'string' &&
  (u['kind'] === 'input' || u['kind'] === 'failure' || u['kind'] === 'interrupted')

/** The right of an Either that plain JavaScript gives; anything else is a fault. */
const rightOf = (u: unknown, where: string): E.Either<Fault, unknown> =>
  isRecord(u) && u['_tag'] === 'Right' && 'right' in u
    ? E.right(u['right'])
    : isRecord(u) && u['_tag'] === 'Left' && isFault(u['left'])
      ? E.left(u['left'])
      : E.left(failure('JudgeFailed', 'gave no Either', { where, remedy: 'correct that judge' }))

const created = (plugin: JudgePlugin, choice: OwnJudge): TE.TaskEither<Fault, unknown> =>
  pipe(
    TE.tryCatch(
      async (): Promise<E.Either<Fault, unknown>> => {
        const made = plugin.create(choice.options)
        return typeof made === 'function' ? rightOf(await made(), placed(choice)) : E.right(made)
      },
      (cause): Fault =>
        failure('JudgeFailed', `cannot be made (${causeLine(cause)})`, { where: placed(choice) }),
    ),
    TE.chainEitherK((made) => made),
  )

const judgements = t.readonlyArray(judgementCodec)

/** What the module's judge says, decoded; what it throws is a fault. */
const asked =
  (judge: Judge, id: string): Judge['judge'] =>
  (items) =>
    pipe(
      TE.tryCatch(
        async () => rightOf(await judge.judge(items)(), id),
        (cause): Fault => failure('JudgeFailed', causeLine(cause), { where: id }),
      ),
      TE.chainEitherK((said) => said),
      TE.chainEitherKW(decodeAs('JudgeFailed')(judgements, id, 'correct that judge')),
      TE.mapLeft((fault): JudgeError => ({ ...fault, _tag: 'JudgeFailed', kind: 'failure' })),
      TE.map((said): ReadonlyArray<Judgement> => said),
    )

/** The id of a judge of one's own says which code with which options judged: verdicts of other code are not reused. */
const identified = (judge: OfferedJudge, version: string, options: Parameters): Judge => {
  const id = `${judge.id}(${contentHash({ version, options })})`
  return {
    specificationVersion: judgeVersion,
    id,
    axes: judge.axes,
    ...(typeof judge.checkpoint === 'string' ? { checkpoint: judge.checkpoint } : {}),
    judge: asked(judge, id),
  }
}

/** Loads a judge of the user's own. A fault names the module and the judge. */
export const loadJudge =
  (load: LoadModule) =>
  (choice: OwnJudge): TE.TaskEither<Fault, OpenedJudge> =>
    pipe(
      TE.fromEither(load(choice.use)),
      TE.mapLeft((fault): Fault => fault),
      TE.chain(({ exports, version }) =>
        pipe(
          TE.fromEither(pluginOf(exports, choice)),
          TE.chain((plugin) => created(plugin, choice)),
          TE.filterOrElse(isJudge, (): Fault =>
            badInput('UnknownJudge', 'made no judge (specificationVersion, id, axes and judge)', {
              where: placed(choice),
              remedy: 'correct that module',
            }),
          ),
          TE.map((judge) => ({
            judge: identified(judge, version, choice.options),
            dispose: () => judge.dispose?.(),
          })),
        ),
      ),
    )
