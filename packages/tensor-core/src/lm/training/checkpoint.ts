/**
 * Checkpoints: everything the next step depends on, whole or absent. A new one is written beside the old and only then is the
 * old removed, so a run killed at any moment finds a good one.
 */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import * as O from 'fp-ts/Option'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import type { FormatError, LmError } from '../../contracts'
import { decodeAs, readJson, writeError, writeFolder, writeWhole } from '../../files'
import { readSafetensors, writeSafetensors } from '../../formats'
import { RunRecord, sameRun } from './record'

// model ------------------------------------------------------------------------------------------

/** Everything the next step depends on. */
export interface Checkpoint {
  /** Optimizer steps done. */
  readonly step: number
  /** Flat vectors by name: parameters, moments, and what the update rule remembers. */
  readonly vectors: Readonly<Record<string, Float32Array>>
  /** Numbers the update rule remembers. */
  readonly numbers: Readonly<Record<string, ReadonlyArray<number>>>
  /** Everything that decides the run. */
  readonly run: RunRecord
}

const Stored = t.type(
  {
    step: t.number,
    run: RunRecord,
    numbers: t.record(t.string, t.readonlyArray(t.union([t.number, t.string]))),
  },
  'a checkpoint',
)

const folderOf = (out: string): string => join(out, 'checkpoint')
const stepName = (step: number): string => `step-${String(step).padStart(8, '0')}`

/** JSON has no infinities: they are written as text. */
const spelled = (x: number): number | string => (Number.isFinite(x) ? x : String(x))

const attempt = <A>(where: string, work: () => Promise<A>): TE.TaskEither<FormatError, A> =>
  TE.tryCatch(work, writeError(where))

// writing ----------------------------------------------------------------------------------------

const stepsIn =
  (out: string): TE.TaskEither<FormatError, ReadonlyArray<string>> =>
  () =>
    readdir(folderOf(out)).then(
      (names) => ({ _tag: 'Right', right: names.filter((n) => /^step-\d+$/.test(n)).sort() }),
      () => ({ _tag: 'Right', right: [] }),
    )

/** Writes a checkpoint beside earlier ones, then removes those. */
export const writeCheckpoint = (out: string, c: Checkpoint): TE.TaskEither<FormatError, void> => {
  const name = stepName(c.step)
  return pipe(
    writeFolder(join(folderOf(out), name), (folder) =>
      pipe(
        writeSafetensors(
          join(folder, 'state.safetensors'),
          Object.entries(c.vectors).map(([key, values]) => ({
            name: key,
            dtype: 'F32',
            shape: [values.length],
            values,
          })),
          {},
        ),
        TE.chain(() =>
          writeWhole(
            join(folder, 'state.json'),
            JSON.stringify({
              step: c.step,
              run: c.run,
              numbers: Object.fromEntries(
                Object.entries(c.numbers).map(([key, xs]) => [key, xs.map(spelled)]),
              ),
            }),
          ),
        ),
      ),
    ),
    TE.chain(() => stepsIn(out)),
    TE.chain((names) =>
      attempt(out, async () => {
        for (const old of names)
          if (old !== name) await rm(join(folderOf(out), old), { recursive: true, force: true })
      }),
    ),
  )
}

/** Removes what training kept beside its result. */
export const removeCheckpoints = (out: string): TE.TaskEither<FormatError, void> =>
  attempt(out, () => rm(folderOf(out), { recursive: true, force: true }))

// reading ----------------------------------------------------------------------------------------

/** The last checkpoint, none where there is none; left where it belongs to another run. */
export const readCheckpoint = (out: string, run: RunRecord): TE.TaskEither<LmError, O.Option<Checkpoint>> =>
  pipe(
    stepsIn(out),
    TE.chainW((names) => {
      const last = names.at(-1)
      if (last === undefined) return TE.right(O.none)
      const folder = join(folderOf(out), last)
      return pipe(
        readJson(join(folder, 'state.json')),
        TE.chainEitherKW(decodeAs('FileDamaged')(Stored, join(folder, 'state.json'))),
        TE.chainFirstEitherKW((stored) => sameRun(out, stored.run, run)),
        TE.chainW((stored) =>
          pipe(
            readSafetensors(join(folder, 'state.safetensors')),
            TE.chain((file) =>
              pipe(
                [...file.tensors.keys()],
                TE.traverseSeqArray((name) =>
                  pipe(
                    file.read(name),
                    TE.map((values) => [name, values] as const),
                  ),
                ),
              ),
            ),
            TE.map((entries) =>
              O.some({
                step: stored.step,
                run: stored.run,
                vectors: Object.fromEntries(entries),
                numbers: Object.fromEntries(
                  Object.entries(stored.numbers).map(([key, xs]) => [key, xs.map(Number)]),
                ),
              }),
            ),
          ),
        ),
      )
    }),
  )
