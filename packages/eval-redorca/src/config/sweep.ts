/** Which strengths of the methods a benchmark tries: the plugins' own, those listed, or none (every method as configured). */
import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import type { StrengthValue } from '@safe/tensor-core/contracts'
import { camel, kebab } from '@safe/tensor-core/options'
import { noneWord } from './methods'

// model ------------------------------------------------------------------------------------------

/** The word for a plugin's own strengths in files. */
const defaultWord = 'default'

/** Strengths of a method, from weak to strong; `default`: those that its plugin declares. */
export type SweptValues = typeof defaultWord | ReadonlyArray<StrengthValue>

/** By the method's name in results; a method that a mapping leaves out stays as configured. */
export type Sweep = typeof defaultWord | typeof noneWord | Readonly<Record<string, SweptValues>>

// codec ------------------------------------------------------------------------------------------

const isRecord = (u: unknown): u is Readonly<Record<string, unknown>> =>
  typeof u === 'object' && u !== null && !Array.isArray(u)

const keysBy =
  (spell: (name: string) => string) =>
  (record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
    Object.fromEntries(Object.entries(record).map(([key, value]) => [spell(key), value]))

const strengthValue: t.Type<StrengthValue, unknown> = new t.Type<StrengthValue, unknown>(
  'a number, a word, or a mapping of options',
  (u): u is StrengthValue => typeof u === 'number' || typeof u === 'string' || isRecord(u),
  (u, c) =>
    typeof u === 'number' || typeof u === 'string'
      ? t.success(u)
      : isRecord(u)
        ? t.success(keysBy(camel)(u))
        : t.failure(u, c),
  (a) => a,
)

const sweptValues: t.Type<SweptValues, unknown> = new t.Type<SweptValues, unknown>(
  'default or a list of strengths, from weak to strong',
  (u): u is SweptValues => u === defaultWord || Array.isArray(u),
  (u, c) =>
    u === defaultWord
      ? t.success(defaultWord)
      : Array.isArray(u) && u.length > 0
        ? t.readonlyArray(strengthValue).validate(u, c)
        : t.failure(u, c),
  (a) => a,
)

export const sweepCodec: t.Type<Sweep, unknown> = new t.Type<Sweep, unknown>(
  'default, none, or a mapping of methods to their strengths',
  (u): u is Sweep => u === defaultWord || u === noneWord || isRecord(u),
  (u, c) =>
    u === defaultWord || u === noneWord
      ? E.right(u)
      : isRecord(u)
        ? t.record(t.string, sweptValues).validate(u, c)
        : t.failure(u, c),
  (a) => a,
)

// destructors ------------------------------------------------------------------------------------

const shownValue = (value: StrengthValue): unknown => (isRecord(value) ? keysBy(kebab)(value) : value)

/** A sweep as it is written to a file. */
export const shownSweep = (sweep: Sweep): unknown =>
  typeof sweep === 'string'
    ? sweep
    : Object.fromEntries(
        Object.entries(sweep).map(([method, values]) => [
          method,
          typeof values === 'string' ? values : values.map(shownValue),
        ]),
      )
