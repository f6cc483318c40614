/**
 * A folder of the arena's models: `base`, `aligned`, `anchor`, and `world.json`, which says which world they were trained on. Models of
 * another world know other facts and saw other combinations, some of them of the evaluation, so the file is checked.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type FormatError, type InputError, badInput } from '@safe/tensor-core/contracts'
import { decodeAs, readJson, writeWhole } from '@safe/tensor-core/files'

// model ------------------------------------------------------------------------------------------

export const modelNames = ['base', 'aligned', 'anchor'] as const
export type ModelName = (typeof modelNames)[number]

/** Where the shipped models are. */
export const assetsFolder = join(__dirname, '..', '..', 'assets')

const written = t.type({ world: t.number })

/** The command that builds a world's models into a folder. */
const buildCommand = (world: number | string, folder: string): string =>
  `npm run arena:build -- --world ${world} --out ${folder}`

const worldFile = (folder: string): string => join(folder, 'world.json')

// reading ----------------------------------------------------------------------------------------

/** The paths of a folder's models. */
export const modelsIn = (folder: string): Readonly<Record<ModelName, string>> => ({
  base: join(folder, 'base'),
  aligned: join(folder, 'aligned'),
  anchor: join(folder, 'anchor'),
})

/** The seed of the world that a folder's models were trained on. @param expected the world that is wanted, for the message */
export const worldOf = (
  folder: string,
  expected: number | string = 'N',
): TE.TaskEither<FormatError, number> =>
  existsSync(worldFile(folder))
    ? pipe(
        readJson(worldFile(folder)),
        TE.chainEitherK(decodeAs<FormatError['_tag']>('FileDamaged')(written, worldFile(folder))),
        TE.map(({ world }) => world),
      )
    : TE.left(
        badInput('FileMissing', 'contains no world.json, so no models of the arena', {
          where: folder,
          remedy: `build them: ${buildCommand(expected, folder)}`,
        }),
      )

/** Writes which world a folder's models were trained on. */
export const writeWorld = (folder: string, world: number): TE.TaskEither<FormatError, void> =>
  writeWhole(worldFile(folder), `${JSON.stringify({ world })}\n`)

/** Whether a folder has all models of this world. @returns left: what is missing, and the command that builds it */
export const checkModels = (world: number, folder: string): TE.TaskEither<FormatError | InputError, void> =>
  pipe(
    worldOf(folder, world),
    TE.chainW((found): TE.TaskEither<FormatError | InputError, void> => {
      const missing = modelNames.find((name) => !existsSync(join(folder, name, 'model.safetensors')))
      return found !== world
        ? TE.left(
            badInput('BadConfig', `contains models of world ${found}, not of world ${world}`, {
              where: folder,
              remedy: `build those of world ${world} (${buildCommand(world, 'DIR')}) and name DIR as models`,
            }),
          )
        : missing !== undefined
          ? TE.left(
              badInput('FileMissing', `contains no model ${missing}`, {
                where: folder,
                remedy: `build it: ${buildCommand(world, folder)}`,
              }),
            )
          : TE.right(undefined)
    }),
  )
