/** What an engine is known not to do, by case: each entry says why and what follows for users. */

export interface Exception {
  readonly engine: string
  /** The case's whole name. */
  readonly name: string
  readonly reason: string
}

export const exceptions: ReadonlyArray<Exception> = []

export const exceptionFor = (engine: string, name: string): string | undefined =>
  exceptions.find((e) => e.engine === engine && e.name === name)?.reason
