/**
 * What decided a run, written beside its selection log: a replay with other data or options is refused by the option's name. A log
 * alone says which rows were selected, not how strongly they were learned from.
 */
import { createHash } from 'node:crypto'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type Dataset, type Fault, type LmError, badInput } from '@safe/tensor-core/contracts'
import { decodeAs, kindOf, readJson, writeWhole } from '@safe/tensor-core/files'
import { readAdapter } from '@safe/tensor-core/formats'
import { type OpenedModel, type Origin, type TrainingRecipe, openModel } from '@safe/tensor-core/lm'
import { parametersOf } from '@safe/tensor-core/options'
import { type DualSelectOptions, dualSelectOptions } from '../options'

// model ------------------------------------------------------------------------------------------

/** Values by option; what an option names is a hash of its contents. */
const RunOptions = t.record(t.string, t.unknown, "a run's options")
export type RunOptions = Readonly<t.TypeOf<typeof RunOptions>>

const Contents = t.type({ contents: t.string })

/** What decides a run. */
export interface Deciding {
  readonly opened: OpenedModel
  readonly options: DualSelectOptions
  readonly recipe: TrainingRecipe
  readonly seed: number
  readonly dtype: string
  /** The engine that runs: others round differently. */
  readonly engine: string
  readonly template: string | undefined
  readonly noEos: boolean
  readonly task: Dataset
  /** A hash. */
  readonly references: string
  readonly init: string | undefined
  readonly origin: Origin | undefined
}

// constructors -----------------------------------------------------------------------------------

/** Beside the log. */
export const recordBeside = (log: string): string => `${log}.run.json`

/** A hash of the rows as they came. */
export const rowsHash = ({ examples }: Dataset): string =>
  examples.reduce((hash, e) => hash.update(`${e.raw}\n`), createHash('sha256')).digest('hex')

const contents = (hash: string): unknown => ({ contents: hash })

/** A hash of an adapter's factors; undefined where there is none. */
export const adapterHash = (folder: string | undefined): TE.TaskEither<LmError, string | undefined> =>
  folder === undefined
    ? TE.right(undefined)
    : pipe(
        readAdapter(folder),
        TE.map(({ modules }) =>
          modules
            .reduce(
              (hash, { name, A, B, scale }) =>
                hash
                  .update(JSON.stringify([name, scale]))
                  .update(A.data)
                  .update(B.data),
              createHash('sha256'),
            )
            .digest('hex'),
        ),
      )

/** A hash of an origin; undefined where there is none. */
export const originHash = (origin: Origin | undefined): TE.TaskEither<LmError, string | undefined> =>
  origin === undefined || origin.kind === 'base'
    ? TE.right(origin?.kind)
    : origin.kind === 'adapter'
      ? adapterHash(typeof origin.adapter === 'string' ? origin.adapter : undefined)
      : pipe(
          openModel(origin.folder, {}),
          TE.chainW(({ folder }) => folder.fingerprint),
        )

/** The options of a run. The learning rate's warm-up has the name that it has on the command line. */
export const runOptions = (d: Deciding): TE.TaskEither<LmError, RunOptions> =>
  pipe(
    TE.Do,
    TE.bind('model', () => d.opened.folder.fingerprint),
    TE.bind('init', () => adapterHash(d.init)),
    TE.bind('origin', () => originHash(d.origin)),
    TE.map(({ model, init, origin }) => {
      const { warmupSteps, shuffle, ...recipe } = d.recipe
      const values: RunOptions = {
        model: contents(model),
        task: contents(rowsHash(d.task)),
        references: contents(d.references),
        initAdapter: init === undefined ? undefined : contents(init),
        origin: origin === undefined ? undefined : contents(origin),
        ...parametersOf(dualSelectOptions, d.options),
        ...recipe,
        lrWarmupSteps: warmupSteps,
        noShuffle: !shuffle,
        seed: d.seed,
        dtype: d.dtype,
        engine: d.engine,
        template: d.template,
        noEos: d.noEos,
      }
      return values
    }),
  )

// comparing --------------------------------------------------------------------------------------

const shown = (value: unknown): string => (value === undefined ? 'not given' : JSON.stringify(value))

/** @param tag of the fault @returns left naming the first option in which the two differ */
export const sameOptions = (
  where: string,
  earlier: RunOptions,
  now: RunOptions,
  tag: 'ReplayMismatch' | 'BadOption' = 'ReplayMismatch',
): E.Either<Fault, void> => {
  const different = [...new Set([...Object.keys(now), ...Object.keys(earlier)])].find(
    (name) => shown(now[name]) !== shown(earlier[name]),
  )
  if (different === undefined) return E.right(undefined)
  const [was, is] = [earlier[different], now[different]]
  return E.left(
    badInput(
      tag,
      Contents.is(was) || Contents.is(is)
        ? `was made with another \`${different}\``
        : `was made with \`${different}\` ${shown(was)}, this run has ${shown(is)}`,
      { where, field: different, remedy: 'repeat the data and options of the run that made it' },
    ),
  )
}

// files ------------------------------------------------------------------------------------------

/** Writes the options beside the log. */
export const writeRunOptions = (log: string, options: RunOptions): TE.TaskEither<Fault, void> =>
  writeWhole(recordBeside(log), `${JSON.stringify(options, null, 2)}\n`)

/**
 * Whether a log was made by a run with these options. @param warn is told where nothing beside the log says how it was made
 * @returns left `ReplayMismatch` naming an option that differs
 */
export const madeWith = (
  log: string,
  now: RunOptions,
  warn: (line: string) => void,
): TE.TaskEither<Fault, void> => {
  const path = recordBeside(log)
  return pipe(
    kindOf(path),
    TE.chainW((kind): TE.TaskEither<Fault, void> => {
      if (kind !== 'file') {
        warn(`${log}: no ${path} says with which options it was made; only its rows are checked`)
        return TE.right(undefined)
      }
      return pipe(
        readJson(path),
        TE.chainEitherKW(decodeAs('FileDamaged')(RunOptions, path)),
        TE.chainEitherKW((earlier) => sameOptions(log, earlier, now)),
      )
    }),
  )
}
