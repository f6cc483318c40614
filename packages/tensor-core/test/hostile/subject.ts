/** A subject of mutation tests: a format's files, how they are mutated, and what must hold for every mutant. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Either } from 'fp-ts/Either'
import type { Random } from './random'

export type Files = Readonly<Record<string, Uint8Array | string>>

export interface Subject {
  readonly name: string
  /** Percentage of mutants that are of this subject. */
  readonly share: number
  /** The files of one mutant. */
  readonly mutant: (random: Random) => Files
  /** Reads the files and returns what does not hold, or undefined. An exception is a failure too. */
  readonly problem: (folder: string, files: Files) => Promise<string | undefined>
}

export const writeFiles = (folder: string, files: Files): void => {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
}

const inputTags = [
  'FileMissing',
  'FileUnreadable',
  'FileDamaged',
  'FileUnsupported',
  'BadRow',
  'BadConfig',
  'BadOption',
  'EmptyData',
]

/** An error must be of kind `input`, have a name and a place, and be one line of limited length. */
export const faultProblem = (fault: {
  readonly _tag: string
  readonly kind: string
  readonly message: string
  readonly where?: string
}): string | undefined => {
  const shown = JSON.stringify(fault).slice(0, 300)
  if (!inputTags.includes(fault._tag) || fault.kind !== 'input') return `not an input error: ${shown}`
  if (fault.message === '' || /[\u0000-\u001f\u007f-\u009f\u2028-\u202e]/.test(fault.message))
    return `no line: ${shown}`
  if (fault.message.length > 4000) return `a message of ${fault.message.length} characters`
  if (fault.where === undefined) return `no place: ${shown}`
  return undefined
}

/** The value of a right, or the problem of a left. */
export const settled = <A>(
  e: Either<
    { readonly _tag: string; readonly kind: string; readonly message: string; readonly where?: string },
    A
  >,
): { readonly value?: A; readonly problem?: string } => {
  if (e._tag === 'Right') return { value: e.right }
  const problem = faultProblem(e.left)
  return problem === undefined ? {} : { problem }
}
