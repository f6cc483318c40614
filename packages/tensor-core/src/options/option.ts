/**
 * Options as values. One description of an option gives its TypeScript type, its default with the default's source, its decoder,
 * the command line's flag with its help text, the YAML key and the row of the reference table.
 * Every option decodes from `unknown`, so a string from the shell and a number from YAML are decoded alike.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'

// model ------------------------------------------------------------------------------------------

/** How one value is read. The left of `decode` says what is wrong: "must be a number, at least 0". */
export interface Parser<A> {
  readonly description: string
  /** What `--help` shows for the value: `N`, `FILE`. */
  readonly metavar: string
  /** `flag` takes no value and means true; `off` takes none and means false (`--no-NAME`). */
  readonly arity: 'flag' | 'off' | 'one' | 'many'
  readonly decode: (u: unknown) => E.Either<string, A>
  /** What the value names, where it may be a reference to a hub instead of a path; the command line fetches it. */
  readonly names?: Named
}

/** What may come from a hub. */
export type Named = 'model' | 'tokenizer' | 'adapter' | 'data'

/** An option: how its value is read, and its value where none is given. */
export interface Option<A> extends Parser<A> {
  /** The value where none is given; left where the option is required. */
  readonly fallback: E.Either<'required', A>
  /** The default as `--help` shows it. */
  readonly shownDefault?: string
  /** Where the default comes from: a paper and its section. */
  readonly source?: string
  /** The option that this one replaces: only one of the two may be given. */
  readonly insteadOf?: string
}

/** An option that has a value where none is given. */
export interface Defaulted<A> extends Option<A> {
  readonly fallback: E.Right<A>
}

/** Options by their names in camel case: `maxNewTokens` is `--max-new-tokens`. */
export type OptionTable = Readonly<Record<string, Option<unknown>>>
/** What the options of a table decode to. */
export type Values<T extends OptionTable> = {
  readonly [K in keyof T]: T[K] extends Option<infer A> ? A : never
}

/** The range of a number; both ends are included unless `exclusiveMin` says otherwise. */
export interface Bounds {
  readonly min?: number
  readonly max?: number
  /** The minimum itself is not allowed. */
  readonly exclusiveMin?: boolean
}

// parsers ----------------------------------------------------------------------------------------

const boundsText = ({ min, max, exclusiveMin }: Bounds): string =>
  [
    min === undefined ? '' : exclusiveMin === true ? `, above ${min}` : `, at least ${min}`,
    max === undefined ? '' : `, at most ${max}`,
  ].join('')

const numeric = (u: unknown): number =>
  typeof u === 'number' ? u : typeof u === 'string' && u.trim() !== '' ? Number(u) : Number.NaN

const inBounds = (x: number, { min, max, exclusiveMin }: Bounds): boolean =>
  (min === undefined || (exclusiveMin === true ? x > min : x >= min)) && (max === undefined || x <= max)

/** A finite number within bounds. */
export const number = (description: string, bounds: Bounds = {}): Parser<number> => ({
  description,
  metavar: 'X',
  arity: 'one',
  decode: (u) => {
    const x = numeric(u)
    return Number.isFinite(x) && inBounds(x, bounds)
      ? E.right(x)
      : E.left(`must be a number${boundsText(bounds)}`)
  },
})

/** A whole number within bounds. */
export const integer = (description: string, bounds: Bounds = {}): Parser<number> => ({
  description,
  metavar: 'N',
  arity: 'one',
  decode: (u) => {
    const x = numeric(u)
    return Number.isSafeInteger(x) && inBounds(x, bounds)
      ? E.right(x)
      : E.left(`must be a whole number${boundsText(bounds)}`)
  },
})

/** A whole number of at least 1. */
export const count = (description: string): Parser<number> => integer(description, { min: 1 })
/** A whole number of at least 0. */
export const wholeFromZero = (description: string): Parser<number> => integer(description, { min: 0 })
/** A number above 0. */
export const positive = (description: string): Parser<number> =>
  number(description, { min: 0, exclusiveMin: true })
/** A number of at least 0. */
export const atLeastZero = (description: string): Parser<number> => number(description, { min: 0 })
/** A share: above 0, at most 1. */
export const share = (description: string): Parser<number> =>
  number(description, { min: 0, max: 1, exclusiveMin: true })

/** Any text; a number of a YAML file counts as its digits. */
export const text = (description: string, metavar = 'TEXT'): Parser<string> => ({
  description,
  metavar,
  arity: 'one',
  decode: (u) =>
    typeof u === 'string' ? E.right(u) : typeof u === 'number' ? E.right(String(u)) : E.left('must be text'),
})

const pathOf =
  (metavar: string) =>
  (description: string): Parser<string> => ({
    description,
    metavar,
    arity: 'one',
    decode: (u) => (typeof u === 'string' && u !== '' ? E.right(u) : E.left('must be a path')),
  })
/** A path to a file; the command checks whether it exists. */
export const file = pathOf('FILE')
/** A path to a folder; the command checks whether it exists. */
export const folder = pathOf('DIR')

const namedPath =
  (names: Named, path: (description: string) => Parser<string>) =>
  (description: string): Parser<string> => ({ ...path(description), names })
/** A model: a folder, or a repository of the hub. */
export const modelFolder = namedPath('model', folder)
/** A tokenizer: a folder that may also be a model's, or a repository of the hub. */
export const tokenizerFolder = namedPath('tokenizer', folder)
/** An adapter: a folder, or a repository of the hub. */
export const adapterFolder = namedPath('adapter', folder)
/** Rows: a file, or a file of a dataset repository. */
export const dataFile = namedPath('data', file)

/** One of a list of words. */
export const choice = <const A extends string>(
  description: string,
  choices: ReadonlyArray<A>,
): Parser<A> => ({
  description,
  metavar: choices.join('|'),
  arity: 'one',
  decode: (u) =>
    pipe(
      choices.find((c) => c === u),
      E.fromNullable(`must be one of ${choices.join(', ')}`),
    ),
})

/** Any other parser; the left of `decode` says what is wrong. */
export const custom = <A>(
  description: string,
  metavar: string,
  decode: (u: unknown) => E.Either<string, A>,
): Parser<A> => ({ description, metavar, arity: 'one', decode })

/** Given several times, or several values after one name; a list in YAML. */
export const many = <A>(one: Parser<A>): Parser<ReadonlyArray<A>> => ({
  ...one,
  arity: 'many',
  decode: (u) => E.traverseArray(one.decode)(Array.isArray(u) ? u : [u]),
})

/** Values separated by commas, or a list in YAML. */
export const commaSeparated = <A>(one: Parser<A>): Parser<ReadonlyArray<A>> => ({
  ...one,
  metavar: `${one.metavar},...`,
  decode: (u) =>
    E.traverseArray(one.decode)(
      Array.isArray(u) ? u : typeof u === 'string' ? u.split(',').map((s) => s.trim()) : [u],
    ),
})

// options ----------------------------------------------------------------------------------------

/** An option that must be given. */
export const required = <A>(parser: Parser<A>): Option<A> => ({ ...parser, fallback: E.left('required') })
const always = <A>(right: A): E.Right<A> => ({ _tag: 'Right', right })

/** An option that may be left out. */
export const optional = <A>(parser: Parser<A>): Defaulted<A | undefined> => ({
  description: parser.description,
  metavar: parser.metavar,
  arity: parser.arity,
  decode: parser.decode,
  fallback: always(undefined),
  ...(parser.names === undefined ? {} : { names: parser.names }),
})
/**
 * An option that can be given in place of another, which is then ignored. Giving both is refused; the one that was not given is
 * left out of `parametersOf`.
 */
export const insteadOf = <A>(other: string, parser: Parser<A>): Defaulted<A | undefined> => ({
  ...optional(parser),
  insteadOf: other,
})
/** An option with a default, which `--help` shows; `source` is the origin of the default, for the reference pages. */
export const withDefault = <A>(value: A, parser: Parser<A>, source?: string): Defaulted<A> => ({
  description: parser.description,
  metavar: parser.metavar,
  arity: parser.arity,
  decode: parser.decode,
  fallback: always(value),
  shownDefault: Array.isArray(value) ? value.join(',') : String(value),
  ...(source === undefined ? {} : { source }),
})
/** On unless switched off: `shuffle` is spelled `--no-shuffle` on the command line, `shuffle: false` in YAML. */
export const switchedOn = (description: string): Defaulted<boolean> => ({
  ...flag(description),
  arity: 'off',
  fallback: always(true),
})
/** Present or absent. A name that starts with `no` (`noEos`) is spelled `--no-eos` and is true when given. */
export const flag = (description: string): Defaulted<boolean> => ({
  description,
  metavar: '',
  arity: 'flag',
  decode: (u) =>
    u === true || u === 'true'
      ? E.right(true)
      : u === false || u === 'false'
        ? E.right(false)
        : E.left('must be true or false'),
  fallback: always(false),
})

// naming -----------------------------------------------------------------------------------------

/** `maxNewTokens` -> `max-new-tokens` */
export const kebab = (name: string): string => name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)
/** `maxNewTokens` -> `--max-new-tokens`; an option that is on unless switched off is `--no-NAME`. */
export const flagOf = (name: string, { arity }: Pick<Option<unknown>, 'arity'>): string =>
  `--${arity === 'off' ? 'no-' : ''}${kebab(name)}`
/** `max-new-tokens` -> `maxNewTokens` */
export const camel = (key: string): string => key.replace(/-([a-z])/g, (_, c: string) => c.toUpperCase())
