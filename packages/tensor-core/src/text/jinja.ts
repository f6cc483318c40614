/**
 * The part of `@huggingface/jinja` that is used, typed here: the declarations of its parts do not resolve under Node's module
 * rules (version 0.5 imports without file endings).
 */
import * as jinja from '@huggingface/jinja'

// model ------------------------------------------------------------------------------------------

export interface JinjaValue {
  readonly value: unknown
  /** Methods by their names: `split` of a text. */
  readonly builtins?: ReadonlyMap<string, JinjaValue>
}

/** A function of a template, or a method of a value. */
export interface JinjaFunction {
  value: (parameters: ReadonlyArray<JinjaValue>, environment: unknown) => JinjaValue
}

export interface JinjaEnvironment {
  /** Defines a variable with a plain value or a function. */
  readonly set: (name: string, value: unknown) => unknown
}

export interface JinjaInterpreter {
  /** Evaluates one node of the template; called for every node. */
  evaluate: (statement: unknown, environment: unknown) => JinjaValue
  /** Passes a value through a filter. */
  applyFilter: (operand: JinjaValue, filter: unknown, environment: unknown) => JinjaValue
  readonly run: (program: unknown) => JinjaValue
}

interface Library {
  readonly Environment: new () => JinjaEnvironment
  readonly Interpreter: new (environment: JinjaEnvironment) => JinjaInterpreter
  readonly parse: (tokens: unknown) => unknown
  readonly tokenize: (source: string, options: Readonly<Record<string, boolean>>) => unknown
}

// library ----------------------------------------------------------------------------------------

const isLibrary = (u: object): u is Library =>
  ['Environment', 'Interpreter', 'parse', 'tokenize'].every((name) => name in u)

/** The library's parts. Throws where the installed version lacks one. */
export const library = (): Library => {
  const found: object = jinja
  if (!isLibrary(found)) throw new Error('@huggingface/jinja has no Interpreter')
  return found
}
