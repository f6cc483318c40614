/** Values that are made when they are first asked for. */

/** `make` called once, when its value is first asked for. */
export const lazily = <A>(make: () => A): (() => A) => {
  const made: { value?: A } = {}
  return () => (made.value ??= make())
}
