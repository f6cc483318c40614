/**
 * Runs a range of mutants of one subject, and reports each to its parent before it begins. So where this process hangs or dies, the
 * parent knows which mutant was the cause (`drive.ts`).
 *
 *     runner.ts SUBJECT FROM TO
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomOf } from './random'
import { writeFiles } from './subject'
import { subjects } from './subjects'

export type RunnerWord =
  | { readonly kind: 'begin'; readonly number: number }
  | { readonly kind: 'failed'; readonly number: number; readonly problem: string }

const say = (word: RunnerWord): void => void process.send?.(word)

/** More memory than any valid mutant needs: a mutant that takes this much made the reader trust a number in the file. */
const mostGrowth = 400 * 2 ** 10

const prototypes = [
  Object.prototype,
  Array.prototype,
  Function.prototype,
  String.prototype,
  Map.prototype,
  Number.prototype,
]
const names = (): string => prototypes.map((p) => Object.getOwnPropertyNames(p).join()).join(';')
const clean = names()

const main = async ([name = '', from = '0', to = '0']: ReadonlyArray<string>): Promise<void> => {
  const subject = subjects.find((s) => s.name === name)
  if (subject === undefined) throw new Error(`no subject ${name}`)
  const home = mkdtempSync(join(tmpdir(), 'mutants-'))
  const state: { number: number; loose?: string } = { number: -1 }
  process.on('unhandledRejection', (cause) => (state.loose = `unhandled: ${String(cause)}`))
  for (let number = Number(from); number < Number(to); number++) {
    state.number = number
    say({ kind: 'begin', number })
    const folder = join(home, String(number))
    const files = subject.mutant(randomOf(`${name} ${number}`))
    writeFiles(folder, files)
    const before = process.resourceUsage().maxRSS
    let problem: string | undefined
    try {
      problem = await subject.problem(folder, files)
    } catch (cause) {
      problem = `throws ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`
    }
    await new Promise((resolve) => setImmediate(resolve))
    const growth = process.resourceUsage().maxRSS - before
    if (growth > mostGrowth) problem ??= `takes ${Math.round(growth / 1024)} MB`
    if (names() !== clean) problem ??= 'a prototype is changed'
    problem ??= state.loose
    delete state.loose
    if (problem !== undefined) say({ kind: 'failed', number, problem })
    rmSync(folder, { recursive: true, force: true })
  }
  rmSync(home, { recursive: true, force: true })
}

void main(process.argv.slice(2)).then(
  () => process.disconnect(),
  () => process.exit(3),
)
