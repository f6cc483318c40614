/** Configurations and judges that the documents show: they are decoded and opened as a user would have them. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import { parse, stringify } from 'yaml'
import { configDocument, isArena } from '../src/config/config'
import { decodeConfig } from '../src/config/configCodec'
import { isOwnJudge } from '../src/config/judgeChoice'
import { judgeOpener } from '../src/work/judgeOpener'

const root = join(__dirname, '..', '..', '..')
const text = (path: string): string => readFileSync(join(root, path), 'utf8')
const blocks = (path: string, language: string): ReadonlyArray<string> =>
  [...text(path).matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    ([, body = '']) => body,
  )

const configurations = [
  ['docs/example-bench.yaml', text('docs/example-bench.yaml')],
  ...[
    'docs/judges.md',
    'docs/evaluation-sets.md',
    'docs/methods.md',
    'packages/eval-redorca/README.md',
  ].flatMap((path) => blocks(path, 'yaml').map((body) => [path, body])),
]

describe('configurations of the documents', () => {
  it.each(configurations)('in %s decode, and their complete form to the same', (path = '', body = '') => {
    const config = decodeConfig(parse(body), path)
    if (E.isLeft(config)) throw new Error(config.left.message)
    const document = configDocument(config.right)
    const again = decodeConfig(parse(stringify(document)), path)
    expect(E.isRight(again) && configDocument(again.right)).toEqual(document)
  })
  it('are six', () => {
    expect(configurations.map(([path]) => path)).toEqual([
      'docs/example-bench.yaml',
      'docs/judges.md',
      'docs/evaluation-sets.md',
      'docs/evaluation-sets.md',
      'docs/methods.md',
      'packages/eval-redorca/README.md',
    ])
  })
})

describe('judges of docs/judges.md', () => {
  const [body = ''] = blocks('docs/judges.md', 'yaml')
  const config = decodeConfig(parse(body), 'docs/judges.md')
  const suite = E.isRight(config) ? config.right.suite : 'arena'
  const judges = isArena(suite) ? [] : suite.judges

  it('open, and the headline is the id of one', async () => {
    const ids: string[] = []
    for (const choice of judges.filter((c) => !isOwnJudge(c))) {
      const opened = await judgeOpener()(choice)()
      if (E.isRight(opened)) ids.push(opened.right.judge.id)
    }
    expect(ids).toEqual(['refusal@1', 'refusal-gcg@2', 'refusal-alignbeam@1'])
    expect(ids).toContain(isArena(suite) ? undefined : suite.headline)
  })
  it('of one’s own judge', async () => {
    const [own] = judges.filter(isOwnJudge)
    const [code = ''] = blocks('docs/judges.md', 'js')
    // Jest loads no modules of the other kind; everything else is as shown.
    const module = join(mkdtempSync(join(tmpdir(), 'judge-')), 'my-judge.cjs')
    writeFileSync(module, code.replace('export const judges', 'exports.judges'))
    const opened = await judgeOpener()({ use: module, name: own?.name ?? '', options: own?.options ?? {} })()
    if (E.isLeft(opened)) throw new Error(opened.left.message)
    const said = await opened.right.judge.judge([
      { id: 'a', prompt: 'p', completion: 'word '.repeat(60) },
      { id: 'b', prompt: 'p', completion: 'no' },
    ])()
    expect(E.isRight(said) && said.right.map(({ verdict, pHarmful }) => [verdict.harmful, pHarmful])).toEqual(
      [
        [true, 0.6],
        [false, 1 / 41],
      ],
    )
  })
})
