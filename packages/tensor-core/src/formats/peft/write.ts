/**
 * Writing a PEFT adapter folder that peft can load. The configuration is written as it was read; where a module's rank or scale no
 * longer agrees with it, an entry for that module is added to `rank_pattern` or `alpha_pattern`, so that configuration and tensors
 * never disagree.
 */
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type FormatError, type LoraAdapter, failure } from '../../contracts'
import { writeFolder, writeWhole } from '../../files/output'
import { type TensorToWrite, writeSafetensors } from '../safetensors'
import { type AdapterFields, decodeAdapterConfig } from './config'
import { factorKey } from './keys'
import { placementOf } from './placement'
import { configName, weightsName } from './read'

// configuration ----------------------------------------------------------------------------------

type Json = Readonly<Record<string, unknown>>

const escaped = (name: string): string => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** Adds entries before the old ones: peft uses the first pattern that matches. */
const withEntries = (
  config: Json,
  field: 'rank_pattern' | 'alpha_pattern',
  own: ReadonlyArray<readonly [string, number]>,
  old: Readonly<Record<string, number>> | null | undefined,
): Json =>
  own.length === 0
    ? config
    : {
        ...config,
        [field]: {
          ...Object.fromEntries(own.map(([name, value]) => [escaped(name), value])),
          ...(old ?? {}),
        },
      }

const close = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b))

const reconciled = (path: string, adapter: LoraAdapter, fields: AdapterFields): E.Either<FormatError, Json> =>
  pipe(
    placementOf(path, fields),
    E.chain((placement): E.Either<FormatError, Json> => {
      const outside = adapter.modules.filter(({ name }) => !placement.targets(name))
      const target = fields.target_modules
      if (outside[0] !== undefined && !Array.isArray(target))
        return E.left(
          failure('WriteFailed', `module ${outside[0].name} is not among the adapter's target_modules`, {
            where: path,
          }),
        )
      const root = fields.use_rslora === true ? Math.sqrt : (r: number): number => r
      const ranks = adapter.modules.flatMap(({ name, A }) =>
        placement.rank(name) === A.rows ? [] : [[name, A.rows] as const],
      )
      const alphas = adapter.modules.flatMap(({ name, A, scale }) =>
        close(placement.alpha(name) / root(A.rows), scale) ? [] : [[name, scale * root(A.rows)] as const],
      )
      const config =
        outside.length === 0 || !Array.isArray(target)
          ? adapter.config
          : { ...adapter.config, target_modules: [...target, ...outside.map(({ name }) => name)] }
      return E.right(
        withEntries(
          withEntries(config, 'rank_pattern', ranks, fields.rank_pattern),
          'alpha_pattern',
          alphas,
          fields.alpha_pattern,
        ),
      )
    }),
  )

// writing ----------------------------------------------------------------------------------------

const tensorsOf = (adapter: LoraAdapter): ReadonlyArray<TensorToWrite> => [
  ...adapter.modules.flatMap(({ name, A, B }): ReadonlyArray<TensorToWrite> => [
    { name: factorKey(name, 'A'), dtype: adapter.dtype, shape: [A.rows, A.cols], values: A.data },
    { name: factorKey(name, 'B'), dtype: adapter.dtype, shape: [B.rows, B.cols], values: B.data },
  ]),
  ...adapter.extras,
]

/** Writes an adapter folder atomically. An existing target is replaced: call `refuseExisting` first. */
export const writeAdapter = (path: string, adapter: LoraAdapter): TE.TaskEither<FormatError, void> =>
  pipe(
    TE.fromEither(decodeAdapterConfig(path)(adapter.config)),
    TE.chainEitherK((fields) => reconciled(path, adapter, fields)),
    TE.chain((config) =>
      writeFolder(path, (folder) =>
        pipe(
          writeWhole(join(folder, configName), `${JSON.stringify(config, null, 2)}\n`),
          TE.chain(() =>
            writeSafetensors(join(folder, weightsName), tensorsOf(adapter), {
              format: 'pt',
              ...adapter.metadata,
            }),
          ),
        ),
      ),
    ),
  )
