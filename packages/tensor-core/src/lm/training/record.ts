/**
 * What decides a training run, kept beside its checkpoints and its result: a run continues only from one that was given the same
 * options, and where they differ, the option is named.
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type FormatError, type LmError, badInput, defenceName } from '../../contracts'
import { decodeAs, kindOf, readJson, writeWhole } from '../../files'
import { camel } from '../../options'
import type { TrainingRequest } from './request'
import type { TrainingPlan } from './setup'

// model ------------------------------------------------------------------------------------------

/**
 * Values by the option that brings them, in the order in which a difference is reported; `shuffle` stands as `noShuffle`. What is
 * no option has a name with a blank in it. Contents of files are hashes.
 */
export const RunRecord = t.record(t.string, t.unknown, "a run's record")
export type RunRecord = Readonly<t.TypeOf<typeof RunRecord>>

const RECORD_NAME = 'training.json'

// constructors -----------------------------------------------------------------------------------

const hashOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex')

const contents = (hash: unknown): unknown => ({ contents: hash })

/** A defence has options of its own; where one has the name of one of training, training's is the learning rate's. */
const recipeRecord = ({ recipe, defence }: TrainingRequest): RunRecord => {
  const { shuffle, ...rest } = recipe
  const taken = (defence?.steps ?? []).flatMap(({ parameters }) => Object.keys(parameters))
  return {
    ...Object.fromEntries(
      Object.entries(rest).map(([name, value]) => [
        taken.includes(name) ? `lr${name.slice(0, 1).toUpperCase()}${name.slice(1)}` : name,
        value,
      ]),
    ),
    noShuffle: !shuffle,
  }
}

const defenceRecord = ({ defence }: TrainingRequest): RunRecord =>
  defence === undefined
    ? {}
    : {
        'the defence': defenceName(defence),
        ...Object.fromEntries(defence.steps.flatMap(({ parameters }) => Object.entries(parameters))),
        ...Object.fromEntries(
          defence.steps.flatMap(({ reads }) =>
            Object.entries(reads ?? {}).map(([name, hash]) => [name, contents(hash)]),
          ),
        ),
      }

/** The record of a run; `kind` is what it makes. */
export const runRecord = (
  request: TrainingRequest,
  { opened, encoded, start, originPlan }: TrainingPlan,
  kind: 'adapter' | 'model',
): TE.TaskEither<LmError, RunRecord> =>
  pipe(
    opened.folder.fingerprint,
    TE.map((model) => ({
      full: kind === 'model',
      model: contents(model),
      ...recipeRecord(request),
      seed: request.seed,
      dtype: request.dtype ?? 'float32',
      ...defenceRecord(request),
      'data (its rows as tokens)': contents(
        hashOf(encoded.rows.map((row) => [row.promptTokens, row.responseTokens])),
      ),
      ...(start === undefined
        ? {}
        : { initAdapter: contents(createHash('sha256').update(start).digest('hex')) }),
      ...(originPlan === undefined ? {} : { origin: contents(originPlan.print) }),
    })),
  )

// comparing --------------------------------------------------------------------------------------

const Contents = t.type({ contents: t.string })
const canonical = (value: unknown): string => (value === undefined ? 'not given' : JSON.stringify(value))
const shown = (value: unknown): string => (Contents.is(value) ? 'other contents' : canonical(value))
const isOption = (name: string): boolean => !name.includes(' ')
const named = (name: string): string => (isOption(name) ? `\`${name}\`` : name)

/** Records were first written with flags for names (`--max-steps`), and said nothing of rows that are not grouped. */
const current = (record: RunRecord): RunRecord =>
  Object.keys(record).some((name) => name.startsWith('--'))
    ? {
        ...('--rank' in record ? { groupByLength: false } : {}),
        ...Object.fromEntries(
          Object.entries(record).map(([name, value]) => [
            name.startsWith('--') ? camel(name.slice(2)) : name === 'defence' ? 'the defence' : name,
            value,
          ]),
        ),
      }
    : record

/**
 * @param out the folder the earlier run has written to
 * @returns left `BadOption` naming the first option in which the two differ
 */
export const sameRun = (out: string, earlier: RunRecord, now: RunRecord): E.Either<LmError, void> => {
  const before = current(earlier)
  const different = [...new Set([...Object.keys(now), ...Object.keys(before)])].find(
    (name) => canonical(before[name]) !== canonical(now[name]),
  )
  if (different === undefined) return E.right(undefined)
  const [was, is] = [before[different], now[different]]
  return E.left(
    badInput(
      'BadOption',
      Contents.is(was) || Contents.is(is)
        ? `holds a run with another ${named(different)}`
        : `holds a run with ${named(different)} ${shown(was)}, this one has ${shown(is)}`,
      {
        where: out,
        remedy: 'repeat the options of that run, or give another `out`',
        ...(isOption(different) ? { field: different } : {}),
      },
    ),
  )
}

// beside a result --------------------------------------------------------------------------------

/** The record's file in a finished folder. */
export const recordPart = RECORD_NAME

/** Writes the record beside a result. */
export const writeRecord = (folder: string, record: RunRecord): TE.TaskEither<FormatError, void> =>
  writeWhole(join(folder, RECORD_NAME), `${JSON.stringify(record, null, 2)}\n`)

/** Whether what stands finished in `out` is this run's result; left where it is another's, or nothing tells. */
export const finishedRun = (out: string, now: RunRecord): TE.TaskEither<LmError, void> => {
  const path = join(out, RECORD_NAME)
  return pipe(
    kindOf(path),
    TE.filterOrElseW(
      (kind) => kind === 'file',
      (): LmError =>
        badInput('OutputExists', `is finished, and no ${RECORD_NAME} says by which options`, {
          where: out,
          remedy: 'use it as it is, or train again with `overwrite`',
        }),
    ),
    TE.chainW(() => readJson(path)),
    TE.chainEitherKW(decodeAs<FormatError['_tag']>('FileDamaged')(RunRecord, path)),
    TE.chainEitherKW((earlier) => sameRun(out, earlier, now)),
  )
}
