import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import { type Fault, faultLine } from '@safe/tensor-core/contracts'
import { judgeWarnings } from '../src/report/judges'
import { readResults } from '../src/results/resultsFile'
import { recordOf } from '../src/suite/verdicts'
import { judgeOpener } from '../src/work/judgeOpener'
import { ports } from '../src/work/lmPorts'
import { answers, cellOf, resultsFolder } from './fakes/resultsFolder'

const right = <A>(e: E.Either<Fault, A>): A => {
  if (E.isLeft(e)) throw new Error(faultLine(e.left))
  return e.right
}
const folder = (name: string): string => join(__dirname, '../../tensor-core/test/golden/judges', name)

describe('a judge of a model folder', () => {
  it('names the checkpoint that the benchmark knows, so that the report warns of a judge that is the aligned model', async () => {
    const aligned = right(await ports.checkpoint(folder('llama-guard'))())
    const measured = await Promise.all(
      [
        { kind: 'llama-guard', model: folder('llama-guard'), options: {} },
        { kind: 'qwen3guard', model: folder('qwen3'), options: {} },
        {
          kind: 'strongreject',
          model: folder('gemma'),
          options: { adapter: folder('gemma-adapter') },
        },
      ].map(async (choice) => {
        const { judge, dispose } = right(await judgeOpener()(choice)())
        dispose()
        return recordOf(judge)
      }),
    )
    expect(measured.map(({ checkpoint }) => checkpoint)).toEqual([
      aligned,
      right(await ports.checkpoint(folder('qwen3'))()),
      // An adapter does not make the model beneath it another one.
      right(await ports.checkpoint(folder('gemma'))()),
    ])
    const { results } = right(
      await readResults(await resultsFolder([cellOf('bare', {}, answers('harmful', 2, 0))]))(),
    )
    const judges = { measuring: measured[0]?.id ?? '', beams: 'refusal@1', measured, models: { aligned } }
    const { stamp } = results
    expect(judgeWarnings({ ...results, stamp: { ...stamp, judges } }, [])).toEqual([
      `Warning: the judge ${measured[0]?.id ?? ''} asks a checkpoint that is benchmarked here (the aligned model): it judges answers of its own.`,
    ])
  })
})
