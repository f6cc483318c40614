/** Cases that an engine is known to fail: each entry gives the reason and the consequence for users. */

export interface Exception {
  readonly engine: string
  /** The full name of the case. */
  readonly name: string
  readonly reason: string
}

export const exceptions: ReadonlyArray<Exception> = []

export const exceptionFor = (engine: string, name: string): string | undefined =>
  exceptions.find((e) => e.engine === engine && e.name === name)?.reason
