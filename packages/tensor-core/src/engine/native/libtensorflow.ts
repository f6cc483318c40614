/** libtensorflow as the compiler and the linker need it, wherever it came from. */

/** The shared libraries and the headers. */
export interface Libraries {
  /** The folder of the shared libraries. */
  readonly folder: string
  /** File names to link with. */
  readonly names: ReadonlyArray<string>
  readonly include: string
  /** What the addon looks in at run time: `$ORIGIN/...`, or a folder that stays. */
  readonly runPath: string
}

/** A library at hand. */
export interface Acquired {
  readonly libraries: Libraries
  readonly origin: string
  /** The wheel it came from, where it did. */
  readonly wheel?: string
}

/** The two libraries of a TensorFlow wheel. */
export const wheelLibraries = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'] as const
