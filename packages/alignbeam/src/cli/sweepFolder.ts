/** The folder of a sweep: what decides its answers stands in `config.json`; the same sweep continues there, another one is refused. */
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type Fault, badInput, causeLine, failure } from '@safe/tensor-core/contracts'
import {
  type OutputChoice,
  canonicalJson,
  decodeAs,
  readJson,
  refuseExisting,
  shownValue,
  writeWhole,
} from '@safe/tensor-core/files'
import { type SweepValues, sweepOptions } from './sweepOptions'

// what decides -----------------------------------------------------------------------------------

/** What decides the answers, by the names of options. */
export type Deciding = Readonly<Record<string, unknown>>

/**
 * Options that do not decide an answer of any setting: other settings can be added to a folder, and rates are computed anew each time.
 * Models, judges and files are compared by what they hold.
 */
const free = new Set<string>([
  ...['out', 'overwrite', 'resume', 'batchSize', 'alphas', 'bridgeTokens', 'beams', 'noBaselines', 'limit'],
  ...['maxOverRefusal', 'split', 'cluster', 'match', 'sameJudge'],
  ...['draft', 'draftAdapter', 'anchor', 'judge', 'verdict', 'harmful', 'benign', 'task'],
])

/** @param contents hashes and ids of what the options name */
export const decidingOf = (values: SweepValues, contents: Deciding): Deciding => ({
  ...Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      Object.hasOwn(sweepOptions, name) && !free.has(name) ? [[name, value ?? null]] : [],
    ),
  ),
  ...contents,
})

// comparing --------------------------------------------------------------------------------------

const Recorded = t.record(t.string, t.unknown, 'the options of a sweep')
const recordIn = (out: string): string => join(out, 'config.json')

/** Values of one option; hashes and ids are not for reading. */
const difference = (name: string, was: unknown, is: unknown): string =>
  ['harmful', 'benign', 'task', 'draft', 'draftAdapter', 'anchor'].includes(name)
    ? `holds a sweep with another \`${name}\``
    : `holds a sweep with \`${name}\` ${shownValue(was ?? null)}, not ${shownValue(is ?? null)}`

/** Whether an earlier sweep agrees in all that is known of this one. */
const agrees =
  (out: string, now: Deciding) =>
  (earlier: Deciding): E.Either<Fault, void> => {
    const other = Object.keys(now).find(
      (name) => canonicalJson(now[name] ?? null) !== canonicalJson(earlier[name] ?? null),
    )
    return other === undefined
      ? E.right(undefined)
      : E.left(
          badInput('OutputExists', difference(other, earlier[other], now[other]), {
            where: out,
            remedy: 'repeat its options and data, give another folder, or `overwrite`',
          }),
        )
  }

const continues = (out: string, now: Deciding): TE.TaskEither<Fault, void> =>
  pipe(
    existsSync(recordIn(out))
      ? readJson(recordIn(out))
      : TE.left<Fault, unknown>(
          badInput('OutputExists', 'holds no config.json of an earlier sweep', {
            where: out,
            remedy: 'give another folder, or `overwrite`',
          }),
        ),
    TE.chainEitherKW(decodeAs('FileDamaged')(Recorded, recordIn(out))),
    TE.chainEitherKW(agrees(out, now)),
  )

// the folder -------------------------------------------------------------------------------------

/** What a sweep writes; nothing else in the folder is removed. */
const written = ['answers', 'config.json', 'sweep.json', 'report.html', 'report.md'] as const

const removed = (out: string): TE.TaskEither<Fault, void> =>
  TE.tryCatch(
    async () => {
      for (const name of written) await rm(join(out, name), { recursive: true, force: true })
    },
    (cause) => failure('WriteFailed', causeLine(cause), { where: out }),
  )

/** Before models are loaded: whether the folder can be used, as far as the options and the data say. Nothing is written. */
export const checkFolder = (
  out: string,
  choice: OutputChoice,
  known: Deciding,
): TE.TaskEither<Fault, unknown> =>
  pipe(
    TE.fromEither(refuseExisting(out, choice, 'folder')),
    TE.chainW((): TE.TaskEither<Fault, void> =>
      existsSync(out) && choice.resume === true ? continues(out, known) : TE.right(undefined),
    ),
  )

/** Makes the folder ready: new, without an earlier sweep with `overwrite`, or with `resume` one of the same sweep. */
export const sweepFolder = (
  out: string,
  choice: OutputChoice,
  deciding: Deciding,
): TE.TaskEither<Fault, void> =>
  pipe(
    existsSync(out)
      ? choice.resume === true
        ? continues(out, deciding)
        : removed(out)
      : TE.right(undefined),
    TE.chainW(() => writeWhole(recordIn(out), `${JSON.stringify(deciding, null, 2)}\n`)),
  )
