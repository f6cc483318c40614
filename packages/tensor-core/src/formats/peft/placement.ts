/**
 * Which modules an adapter is on, with which rank and scale: peft's rules for `target_modules`, `exclude_modules`,
 * `layers_to_transform`, `rank_pattern` and `alpha_pattern`. Source: peft 0.21, `check_target_module_exists`, `get_pattern_key`.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { FormatError } from '../../contracts'
import { type PatternMatcher, compilePattern, compileTable } from '../../files/boundedPattern'
import { unsupported } from '../../files/input'
import type { AdapterFields } from './config'

// model ------------------------------------------------------------------------------------------

/**
 * Which modules have an adapter, and its rank and scale there. Names are those of the model: `model.layers.0.self_attn.q_proj`.
 */
export interface Placement {
  /** Whether the linear module of this name has an adapter. `all-linear` does not include the output layer. */
  readonly targets: (name: string) => boolean
  readonly rank: (name: string) => number
  readonly alpha: (name: string) => number
  /** alpha / r, or alpha / sqrt(r) with rslora. */
  readonly scale: (name: string) => number
}

// patterns ---------------------------------------------------------------------------------------

type Checked<A> = E.Either<FormatError, A>

const compiled =
  (where: string, field: string) =>
  (pattern: string): Checked<PatternMatcher> =>
    pipe(
      compilePattern(pattern),
      E.mapLeft((what) => unsupported(where, `field ${field}: ${what}`, 'give names or a simpler pattern')),
    )

/** The value of the first key whose pattern `(.*\\.)?(key)$` matches the name, in the file's order. */
const patternTable = (
  where: string,
  field: string,
  table: Readonly<Record<string, number>> | null | undefined,
): Checked<(name: string) => number | undefined> =>
  pipe(
    compileTable(Object.entries(table ?? {})),
    E.mapLeft((what) => unsupported(where, `field ${field}: ${what}`, 'give names or simpler patterns')),
  )

const endsWithName = (names: ReadonlyArray<string>): PatternMatcher => {
  const known = new Set(names)
  return (name) => known.has(name) || names.some((n) => name.endsWith(`.${n}`))
}

const outputLayers: PatternMatcher = endsWithName(['lm_head'])

const targetMatcher = (where: string, fields: AdapterFields): Checked<PatternMatcher> => {
  const target = fields.target_modules
  if (target === null || target === undefined) return E.right(() => true)
  if (typeof target !== 'string') return E.right(endsWithName(target))
  return target.toLowerCase() === 'all-linear'
    ? E.right((name) => !outputLayers(name))
    : compiled(where, 'target_modules')(target)
}

const excludeMatcher = (where: string, fields: AdapterFields): Checked<PatternMatcher> => {
  const exclude = fields.exclude_modules
  if (exclude === null || exclude === undefined || exclude.length === 0) return E.right(() => false)
  return typeof exclude === 'string'
    ? compiled(where, 'exclude_modules')(exclude)
    : E.right(endsWithName(exclude))
}

/** The layer's number: the first numeric segment after a match of `layers_pattern`; without patterns, after any two segments. */
const layerOf = (name: string, after: ReadonlyArray<PatternMatcher>): number | undefined => {
  const parts = name.split('.')
  const numbered = parts.flatMap((part, i) =>
    i > 0 && i < parts.length - 1 && /^\d+$/.test(part) ? [i] : [],
  )
  const follows = (matches: PatternMatcher): number | undefined =>
    numbered.find((i) => matches(parts.slice(0, i).join('.')))
  // as in peft, the first pattern that is found anywhere decides
  const at =
    after.length === 0 ? numbered.find((i) => i > 1) : after.map(follows).find((i) => i !== undefined)
  return at === undefined ? undefined : Number(parts[at])
}

const layerFilter = (where: string, fields: AdapterFields): Checked<PatternMatcher> => {
  const wanted = fields.layers_to_transform
  const list = typeof wanted === 'number' ? [wanted] : (wanted ?? [])
  // peft checks layers only where the targets are a list of names
  if (list.length === 0 || typeof fields.target_modules === 'string') return E.right(() => true)
  const pattern = fields.layers_pattern ?? []
  return pipe(
    typeof pattern === 'string' ? (pattern === '' ? [] : [pattern]) : pattern,
    E.traverseArray((p) => compiled(where, 'layers_pattern')(`(.*\\.)?${p}`)),
    E.map((after) => (name) => {
      const layer = layerOf(name, after)
      return fields.target_modules?.includes(name) === true || (layer !== undefined && list.includes(layer))
    }),
  )
}

// placement --------------------------------------------------------------------------------------

/** The placement that an adapter's configuration describes. @param where the file, for messages */
export const placementOf = (where: string, fields: AdapterFields): Checked<Placement> =>
  pipe(
    E.Do,
    E.apS('targeted', targetMatcher(where, fields)),
    E.apS('excluded', excludeMatcher(where, fields)),
    E.apS('ranks', patternTable(where, 'rank_pattern', fields.rank_pattern)),
    E.apS('alphas', patternTable(where, 'alpha_pattern', fields.alpha_pattern)),
    E.apS('inLayer', layerFilter(where, fields)),
    E.map(({ targeted, excluded, ranks, alphas, inLayer }) => {
      // a module that is saved whole has no adapter
      const saved = (name: string): boolean =>
        (fields.modules_to_save ?? []).some((m) => `.${name}.`.includes(`.${m}.`))
      const rank = (name: string): number => ranks(name) ?? fields.r
      const alpha = (name: string): number => alphas(name) ?? fields.lora_alpha
      return {
        targets: (name) => targeted(name) && !excluded(name) && !saved(name) && inLayer(name),
        rank,
        alpha,
        scale: (name) => alpha(name) / (fields.use_rslora === true ? Math.sqrt(rank(name)) : rank(name)),
      }
    }),
  )
