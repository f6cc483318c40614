/**
 * What an earlier `generate` has left beside its output: the rows it had done (`F.partial`) and its options (`F.partial.json`).
 * Rows made under other options are not continued.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Example,
  type FormatError,
  type GenerationOptions,
  type LanguageModel,
  type LmError,
  type Prompt,
  badInput,
} from '../contracts'
import { decodeAs, makeFolder, readJson, readText, writeError } from '../files'
import { openWeights } from '../formats'
import { RunRecord, sameRun } from '../lm/training/record'

// model ------------------------------------------------------------------------------------------

/** Where rows are kept until all are done, and the options they were made under. */
export interface PartialPlace {
  readonly out: string
  readonly rows: string
  readonly record: string
}

export const partialOf = (out: string): PartialPlace => ({
  out,
  rows: `${out}.partial`,
  record: `${out}.partial.json`,
})

const attempt = <A>(where: string, work: () => A): E.Either<FormatError, A> =>
  E.tryCatch(work, writeError(where))

// rows -------------------------------------------------------------------------------------------

const idOf = (line: string): string | undefined => {
  try {
    const row: unknown = JSON.parse(line)
    return typeof row === 'object' && row !== null && 'id' in row && typeof row.id === 'string'
      ? row.id
      : undefined
  } catch {
    return undefined
  }
}

/** Whole rows of an earlier run, which must be those of the first prompts. */
export const doneRows = (
  { out, rows }: PartialPlace,
  examples: ReadonlyArray<Example>,
): E.Either<FormatError, ReadonlyArray<string>> => {
  const path = [rows, out].find((p) => existsSync(p))
  if (path === undefined) return E.right([])
  const content = readFileSync(path, 'utf8')
  const lines = content.split('\n').slice(0, -1)
  const last = content.slice(content.lastIndexOf('\n') + 1)
  const all = idOf(last) === undefined ? lines : [...lines, last]
  const stray = all.findIndex((line, i) => idOf(line) === undefined || idOf(line) !== examples[i]?.id)
  return stray === -1
    ? E.right(all)
    : E.left(
        badInput('OutputExists', 'is not a row of these prompts', {
          where: `${path}:${stray + 1}`,
          remedy: 'give the prompts of that run, or --overwrite',
        }),
      )
}

// options ----------------------------------------------------------------------------------------

const adapterContents = (adapter: string): TE.TaskEither<FormatError, string> =>
  pipe(
    TE.Do,
    TE.apS('config', readText(join(adapter, 'adapter_config.json'))),
    TE.apS('weights', openWeights(join(adapter, 'adapter_model.safetensors'))),
    TE.bind('print', ({ weights }) => weights.fingerprint),
    TE.map(({ config, print }) => createHash('sha256').update(config).update(print).digest('hex')),
  )

/** Everything that decides the rows. The batch size does not. */
export const completionRecord = (
  lm: LanguageModel,
  { adapter, dtype }: { readonly adapter: string | undefined; readonly dtype: string },
  prompts: ReadonlyArray<Prompt>,
  options: GenerationOptions,
): TE.TaskEither<FormatError, RunRecord> =>
  pipe(
    adapter === undefined ? TE.right<FormatError, string | undefined>(undefined) : adapterContents(adapter),
    TE.map((contents) => ({
      model: { contents: lm.id },
      ...(contents === undefined ? {} : { adapter: { contents } }),
      dtype,
      maxNewTokens: options.maxNewTokens,
      temperature: options.temperature,
      topP: options.topP,
      topK: options.topK,
      repetitionPenalty: options.repetitionPenalty,
      stop: options.stop,
      logprobs: options.logProbs ?? null,
      seed: options.seed,
      'prompts (their rows as tokens)': {
        contents: createHash('sha256').update(JSON.stringify(prompts)).digest('hex'),
      },
    })),
  )

/** Whether earlier rows may be continued; where nothing says which options they were made under, they may. */
const checkRecord = ({ rows, record }: PartialPlace, now: RunRecord): TE.TaskEither<LmError, void> =>
  pipe(
    readJson(record),
    TE.chainEitherKW(decodeAs<FormatError['_tag']>('FileDamaged')(RunRecord, record)),
    TE.chainEitherKW((earlier) => sameRun(rows, earlier, now)),
  )

/**
 * Prepares to append rows after those that are done.
 *
 * @returns left `BadOption` naming the option in which the earlier rows' run differs
 */
export const beginRows = (
  place: PartialPlace,
  done: ReadonlyArray<string>,
  record: RunRecord,
): TE.TaskEither<LmError, void> =>
  pipe(
    done.length === 0 || !existsSync(place.record) ? TE.right(undefined) : checkRecord(place, record),
    TE.chainEitherKW(() =>
      attempt(place.rows, () => {
        makeFolder(dirname(place.rows))
        // Rows of another run must never stand beside this run's record, not even if it is killed between the two.
        if (done.length === 0) rmSync(place.rows, { force: true })
        writeFileSync(place.record, `${JSON.stringify(record)}\n`)
        writeFileSync(place.rows, done.map((line) => `${line}\n`).join(''))
      }),
    ),
  )

// the end ----------------------------------------------------------------------------------------

/** All rows are done: they become the output. */
export const finishRows = ({ out, rows, record }: PartialPlace): E.Either<FormatError, void> =>
  attempt(out, () => {
    renameSync(rows, out)
    rmSync(record, { force: true })
  })

/** Where no row was done, nothing is left behind. */
export const leaveRows = ({ rows, record }: PartialPlace): void => {
  if (existsSync(rows) && readFileSync(rows, 'utf8').trim() !== '') return
  for (const path of [rows, record]) rmSync(path, { force: true })
}
