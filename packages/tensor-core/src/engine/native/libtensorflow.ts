/** libtensorflow as the compiler and the linker need it, wherever it came from. */

/** The shared libraries and the headers. */
export interface Libraries {
  /** The folder of the shared libraries. */
  readonly folder: string
  /** File names to link with. */
  readonly names: ReadonlyArray<string>
  readonly include: string
  /** Where the addon looks for them at run time: `$ORIGIN/...`, or a folder that must stay where it is. */
  readonly runPath: string
}

/** A library that is ready to be linked with. */
export interface Acquired {
  readonly libraries: Libraries
  readonly origin: string
  /** The wheel it came from, if it came from one. */
  readonly wheel?: string
}

/** The two libraries of a TensorFlow wheel. */
export const wheelLibraries = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'] as const
