import * as E from 'fp-ts/Either'
import * as fc from 'fast-check'
import { copyFileSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkTargets } from '../src/cli/targets'
import { cutArray, cutLines, keptText, readSource } from '../src/source'

const right = <A>(e: E.Either<unknown, A>): A => {
  if (E.isLeft(e)) throw new Error(JSON.stringify(e.left))
  return e.right
}

describe('cutLines', () => {
  it('keeps line ends, spacing and a header that looks like a row', () => {
    const text = 'a,b\r\na,b\n"x\ny",2\r\n\n"z",3'
    const source = right(cutLines(text, ['a,b', '"x\ny",2', '"z",3']))
    expect(source.head).toBe('a,b\r\n')
    expect(source.rows).toEqual(['a,b\n', '"x\ny",2\r\n', '"z",3'])
    expect(keptText(source, (i) => i !== 1)).toBe('a,b\r\na,b\n"z",3')
  })

  it('says when a row is not there', () =>
    expect(cutLines('a\nb\n', ['a', 'c'])).toMatchObject({ _tag: 'Left' }))

  const line = fc.string({
    minLength: 1,
    maxLength: 8,
    unit: fc.constantFrom('a', 'b', '"', '{', ' ', 'é', '😀'),
  })
  const lines = fc.array(
    fc.tuple(
      line.filter((s) => s.trim() !== ''),
      fc.constantFrom('\n', '\r\n', '\n\n', '\n  \n'),
    ),
    { maxLength: 12 },
  )
  it('finds every row of any text, and gives each back byte for byte', () =>
    fc.assert(
      fc.property(lines, fc.integer(), (rows, mask) => {
        const source = right(
          cutLines(
            rows.map(([raw, end]) => raw + end).join(''),
            rows.map(([raw]) => raw),
          ),
        )
        expect(source.rows).toEqual(rows.map(([raw, end]) => raw + (/^\r?\n/.exec(end)?.[0] ?? '')))
        const keep = (i: number): boolean => ((mask >> i) & 1) === 1
        expect(keptText(source, keep)).toBe(source.rows.filter((_, i) => keep(i)).join(''))
      }),
    ))
})

describe('cutArray', () => {
  it('keeps items as they are written', () => {
    const source = cutArray(' [ {"a": 1.0, "b": "],\\"}"} ,\n{"a":[1,{}]}\n]\n')
    expect(source.rows).toEqual(['{"a": 1.0, "b": "],\\"}"}', '{"a":[1,{}]}'])
    expect(keptText(source, (i) => i === 0)).toBe('[{"a": 1.0, "b": "],\\"}"}]\n')
  })
  it('agrees with JSON.parse on any array', () =>
    fc.assert(
      fc.property(fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 5 }), (items) => {
        const rows = cutArray(JSON.stringify(items, null, 2)).rows
        expect(rows.map((r) => JSON.parse(r) as unknown)).toEqual(JSON.parse(JSON.stringify(items)))
      }),
    ))
})

describe('Parquet', () => {
  it('gives rows back as their lines of JSON', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'source-')), 'x.Parquet')
    copyFileSync(join(__dirname, '../../tensor-core/test/golden/parquet/form-question.parquet'), path)
    const source = right(await readSource(path)())
    expect(keptText(source, (i) => i === 1)).toBe('{"question":"how?","answer":"thus"}\n')
  })
  it('is not written', () =>
    expect(checkTargets(['kept.parquet'], [], false)).toMatchObject({
      left: { _tag: 'BadOption', kind: 'input' },
    }))
})
