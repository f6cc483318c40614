/**
 * The long run: `npm run nightly` (100,000 mutants), or
 *
 *     node --conditions=@safe/source --import tsx packages/tensor-core/test/hostile/nightly.ts [COUNT] [--first N] [--subject NAME]
 *
 * Mutants are numbered; a number gives the same mutant on every machine. Mutants that fail are written to `corpus/`, which the tests
 * replay. Exits with 1 where anything failed.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { drive, sharesOf } from './drive'
import { randomOf } from './random'
import { writeFiles } from './subject'
import { subjects } from './subjects'

const main = async (): Promise<void> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { first: { type: 'string', default: '0' }, subject: { type: 'string' } },
  })
  const first = Number(values.first)
  const totals = { mutants: 0, failures: 0, contained: 0, seconds: 0 }
  for (const [name, count] of sharesOf(Number(positionals[0] ?? 100_000))) {
    if (values.subject !== undefined && values.subject !== name) continue
    const { mutants, seconds, failures, contained } = await drive(name, first, first + count)
    process.stdout.write(
      `${name}: ${mutants} mutants in ${seconds.toFixed(0)} s, ${failures.length} failed${contained > 0 ? `, ${contained} stopped from outside` : ''}\n`,
    )
    for (const { number, problem } of failures) {
      process.stdout.write(`  ${name} ${number}: ${problem.split('\n').slice(0, 4).join('\n    ')}\n`)
      const subject = subjects.find((s) => s.name === name)
      if (subject !== undefined)
        writeFiles(
          join(__dirname, 'corpus', name, String(number)),
          subject.mutant(randomOf(`${name} ${number}`)),
        )
    }
    totals.mutants += mutants
    totals.failures += failures.length
    totals.contained += contained
    totals.seconds += seconds
  }
  process.stdout.write(
    `${totals.mutants} mutants in ${totals.seconds.toFixed(0)} s: ${totals.failures} failed, ${totals.contained} Parquet files stopped from outside\n`,
  )
  process.exitCode = totals.failures === 0 ? 0 : 1
}

void main()
