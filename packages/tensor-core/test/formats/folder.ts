import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Either } from 'fp-ts/Either'

/** A new temporary folder with these files. */
export const folderWith = (files: Readonly<Record<string, string | Uint8Array>> = {}): string => {
  const folder = mkdtempSync(join(tmpdir(), 'formats-'))
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  return folder
}

/** The value of a success; a failure fails the test with its message. */
export const right = <A>(e: Either<{ readonly message: string; readonly where?: string }, A>): A => {
  if (e._tag === 'Left') throw new Error(`${e.left.where ?? ''}: ${e.left.message}`)
  return e.right
}

export const goldenFile = (name: string): string => join(__dirname, '..', 'golden', name)

export interface FormatsGolden {
  readonly types: {
    readonly file: string
    readonly metadata: Readonly<Record<string, string>>
    readonly tensors: Readonly<
      Record<
        string,
        { readonly shape: ReadonlyArray<number>; readonly values: ReadonlyArray<number | string> }
      >
    >
  }
  readonly rounding: Readonly<Record<'float32' | 'bfloat16' | 'float16', ReadonlyArray<number>>>
  readonly configs: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly adapter: {
    readonly config: Readonly<Record<string, unknown>>
    readonly file: string
    readonly scales: Readonly<Record<string, number>>
    readonly A: Readonly<Record<string, ReadonlyArray<number>>>
  }
  readonly placements: ReadonlyArray<{
    readonly config: Readonly<Record<string, unknown>>
    readonly rows: ReadonlyArray<readonly [string, boolean, number, number]>
  }>
}

export const golden = JSON.parse(readFileSync(goldenFile('formats.json'), 'utf8')) as FormatsGolden
export const fromBase64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'))
