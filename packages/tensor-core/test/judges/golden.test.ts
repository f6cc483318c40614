/** Prompts and verdicts of every kind against transformers, on small checkpoints of each family (tools/golden/judges.py). */
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import {
  type CausalLM,
  type Fault,
  type Judge,
  type JudgeItem,
  faultLine,
  textPrompt,
} from '../../src/contracts'
import { selectEngine } from '../../src/engine'
import { judgeEntry, openJudge } from '../../src/judges'
import type { CompletionKind, OptionValues } from '../../src/judges/asking/kind'
import { optionValues } from '../../src/judges/asking/kindOptions'
import { planOf } from '../../src/judges/asking/plan'
import { readerOf } from '../../src/judges/asking/reader'
import { askModel } from '../../src/judges/asking/scoring'
import { loadCausalLM, openModel } from '../../src/lm'

const place = t.type({ shares: t.record(t.string, t.number), outside: t.number })
const golden = t.array(
  t.intersection([
    t.type({
      kind: t.string,
      folder: t.string,
      options: t.record(t.string, t.string),
      rows: t.array(
        t.type({
          item: t.type({ id: t.string, prompt: t.string, completion: t.string }),
          ids: t.array(t.number),
          places: t.record(t.string, place),
        }),
      ),
    }),
    t.partial({ template: t.string }),
  ]),
)

/** Float32 on both sides; products are summed in another order. */
const tolerance = 1e-5

const folder = join(__dirname, '../golden')
const right = <A>(e: E.Either<Fault, A>): A => {
  if (E.isLeft(e)) throw new Error(faultLine(e.left))
  return e.right
}
const cases = pipe(
  golden.decode(JSON.parse(readFileSync(join(folder, 'judges.json'), 'utf8'))),
  E.getOrElseW(() => {
    throw new Error('judges.json is not as written')
  }),
)

const kindOf = (name: string): CompletionKind => {
  const entry = judgeEntry(name)
  if (entry?.kind !== 'model') throw new Error(`${name} asks no model`)
  return entry.asks
}

/** The checkpoint of a case: with its own template where it has one. */
const checkpointOf = ({ folder: name, template }: (typeof cases)[number]): string => {
  const path = join(folder, 'judges', name)
  if (template === undefined) return path
  const copy = mkdtempSync(join(tmpdir(), 'judge-'))
  cpSync(path, copy, { recursive: true })
  writeFileSync(join(copy, 'chat_template.jinja'), template)
  return copy
}

const localOptions = (given: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(given).map(([name, value]) => [
      name,
      name === 'adapter' ? join(folder, 'judges', value) : value,
    ]),
  )

beforeAll(async () => {
  right(await selectEngine('wasm')())
})

describe.each(cases.map((c) => [`${c.kind} of ${c.folder} ${JSON.stringify(c.options)}`, c] as const))(
  '%s',
  (_, c) => {
    const kind = kindOf(c.kind)
    const checkpoint = checkpointOf(c)
    const options = localOptions(c.options)
    const values = (): OptionValues => right(optionValues(kind, options, 'process'))

    it('has the token ids of transformers', async () => {
      const opened = right(await openModel(checkpoint, { template: 'none' })())
      const { tokenizer } = opened
      if (tokenizer === undefined) throw new Error('no tokenizer')
      const { asked } = kind.question(values(), opened.folder.config.modelType)
      const read = right(
        readerOf({ tokenizer, plain: (text) => opened.encoder.prompt(textPrompt(text)) }, asked, 4096, {
          prompt: '',
          completion: '',
        }),
      )
      c.rows.forEach(({ item, ids }) =>
        expect([item.id, right(read({ prompt: item.prompt, completion: item.completion })).tokens]).toEqual([
          item.id,
          ids,
        ]),
      )
    })

    it('has the shares of transformers, whatever the batch', async () => {
      const adapter = options['adapter']
      const lm: CausalLM = right(
        await loadCausalLM({ model: checkpoint, ...(adapter === undefined ? {} : { adapter }) })(),
      )
      if (lm.tokenizer === undefined) throw new Error('no tokenizer')
      const plan = right(planOf(lm.tokenizer, kind.question(values(), 'llama').steps, checkpoint))
      const ids = c.rows.map((row) => row.ids)
      for (const batch of [1, 3]) {
        const replies = right(await askModel(lm, plan, ids, batch)())
        replies.forEach(({ reading }, i) =>
          Object.entries(c.rows[i]?.places ?? {}).forEach(([name, { shares, outside }]) => {
            expect(Math.abs((reading[name]?.outside ?? -1) - outside)).toBeLessThan(tolerance)
            Object.entries(shares).forEach(([word, share]) =>
              expect(Math.abs((reading[name]?.shares[word] ?? -1) - share)).toBeLessThan(tolerance),
            )
          }),
        )
      }
      lm.dispose()
    })

    it('judges', async () => {
      const spec = { kind: c.kind, model: checkpoint, options }
      const { judge, dispose } = right(await openJudge(spec)())
      const judged = right(await judge.judge(c.rows.map((row): JudgeItem => row.item))())
      dispose()
      judged.forEach((judgement, i) => {
        const harm = harmOf(c.kind, c.rows[i]?.places ?? {})
        expect(judgement.id).toBe(c.rows[i]?.item.id)
        if (harm === null) expect(judgement.pHarmful).toBeNull()
        else expect(Math.abs((judgement.pHarmful ?? -1) - harm)).toBeLessThan(tolerance)
        expect(judgement.raw).toContain('| outside ')
      })
      expectIdentity(judge, c.kind)
    })
  },
)

const expectIdentity = (judge: Judge, kind: string): void => {
  expect(judge.id).toMatch(new RegExp(`^${kind}@1\\((?:[a-z]+,)?[0-9a-f]{8},t[0-9a-f]{8}\\)$`))
  expect(judge.checkpoint).toMatch(/^[0-9a-f]{64}$/)
}

/** The probability of harm by the definitions of shared readings, from what transformers gives. */
const harmOf = (kind: string, places: Readonly<Record<string, t.TypeOf<typeof place>>>): number | null => {
  const at = (name: string): t.TypeOf<typeof place> => places[name] ?? { shares: {}, outside: 1 }
  const share = (name: string, word: string): number => at(name).shares[word] ?? 0
  const known = (name: string, p: number): number | null => (at(name).outside > 0.5 ? null : p)
  switch (kind) {
    case 'qwen3guard':
      return known('safety', share('safety', 'Unsafe') + share('safety', 'Controversial'))
    case 'llama-guard':
      return known('verdict', share('verdict', 'unsafe'))
    case 'harmbench':
      return known('verdict', share('verdict', 'Yes'))
    case 'wildguard': {
      const [yes, no, none] = ['yes', 'no', 'N/A'].map((word) => share('harm', word))
      return Math.max(yes ?? 0, no ?? 0) < (none ?? 0)
        ? null
        : known('harm', (yes ?? 0) / ((yes ?? 0) + (no ?? 0)))
    }
    default:
      return known(
        'degree',
        Object.entries(at('degree').shares).reduce(
          (sum, [digit, p]) => sum + ((Number(digit) - 1) / 4) * p,
          0,
        ),
      )
  }
}
