/** The data set that an evaluation row names stays with its item, so that results can be stated by it. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { textExample } from '@safe/tensor-core/contracts'
import { isArena } from '../src/config/config'
import { decodeConfig } from '../src/config/configCodec'
import { setOf } from '../src/results/comparisons'
import { fileSuite } from '../src/suite/fileSuite'
import { judgeOpener } from '../src/work/judgeOpener'

const read = (name: string) =>
  TE.right({
    name,
    examples: [
      textExample('1', 'a', '', { source: 'hh', set: 'other' }),
      textExample('2', 'b', '', { set: 'hex-phi', note: 'not kept' }),
      textExample('3', 'c', '', { source: 7 }),
    ],
  })

it('is its field source, else its field set, else its kind', async () => {
  const config = decodeConfig(
    {
      suite: {
        models: { aligned: 'a' },
        training: { regimes: { benign: 'd' } },
        evaluation: { harmful: 'd' },
        overlap: 'allow',
      },
    },
    'test',
  )
  if (E.isLeft(config) || isArena(config.right.suite)) throw new Error('no suite')
  const suite = await fileSuite(read, judgeOpener())(config.right.suite, ['benign'])()
  if (E.isLeft(suite)) throw new Error(suite.left.message)
  const { evaluation } = suite.right
  expect(evaluation.map((item) => item.fields)).toEqual([{ source: 'hh' }, { source: 'hex-phi' }, {}])
  const sets = evaluation.map(({ id, set, fields }) =>
    setOf(Object.assign({ id, set, prompt: '', completion: '', verdict: null }, fields)),
  )
  expect(sets).toEqual(['hh', 'hex-phi', 'harmful'])
})
