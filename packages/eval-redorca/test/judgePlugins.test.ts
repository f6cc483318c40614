import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { badInput } from '@safe/tensor-core/contracts'
import { loadJudge } from '../src/plan/judgePlugins'
import type { LoadModule } from '../src/plan/plugins'

const verdict = { refused: null, harmful: true, degenerate: null, truncated: null }
const judge = {
  specificationVersion: 2,
  id: 'stern@1',
  axes: ['harmful'],
  judge: (items: ReadonlyArray<{ readonly id: string }>) =>
    TE.right(items.map(({ id }) => ({ id, verdict, pHarmful: 0.9, score: 4, raw: 'yes' }))),
}
const offering =
  (create: unknown, more: Readonly<Record<string, unknown>> = {}, version = '1'): LoadModule =>
  () =>
    E.right({ version, exports: { judges: [{ specificationVersion: 2, name: 'stern', create, ...more }] } })
const choice = { use: 'own', name: 'stern', options: { words: 4 } }
const item = { id: 'a', prompt: 'p', completion: 'c' }

const opened = async (load: LoadModule, options = choice.options) => {
  const made = await loadJudge(load)({ ...choice, options })()
  if (E.isLeft(made)) throw new Error(made.left.message)
  return made.right
}
const fault = async (load: LoadModule): Promise<unknown> => {
  const made = await loadJudge(load)(choice)()
  return E.isLeft(made) ? made.left : 'opened'
}

describe('loadJudge', () => {
  it('opens a judge, given as a value or as a task, with its options', async () => {
    const given: unknown[] = []
    const created = (options: unknown) => (given.push(options), judge)
    for (const create of [created, (options: unknown) => TE.right(created(options))]) {
      const { judge: own } = await opened(offering(create))
      expect(own.axes).toEqual(['harmful'])
      expect(await own.judge([item])()).toEqual(
        E.right([{ id: 'a', verdict, pHarmful: 0.9, score: 4, raw: 'yes' }]),
      )
    }
    expect(given).toEqual([{ words: 4 }, { words: 4 }])
  })
  it('names code and options in the id, so that verdicts of others are not taken for its own', async () => {
    const id = async (version: string, options = choice.options): Promise<string> =>
      (
        await opened(
          offering(() => judge, {}, version),
          options,
        )
      ).judge.id
    expect(await id('1')).toMatch(/^stern@1\([0-9a-f]{16}\)$/)
    expect(await id('1')).toBe(await id('1'))
    expect(await id('2')).not.toBe(await id('1'))
    expect(await id('1', { words: 5 })).not.toBe(await id('1'))
  })
  it('frees what the judge holds', async () => {
    const freed: string[] = []
    const { dispose } = await opened(offering(() => ({ ...judge, dispose: () => freed.push('it') })))
    dispose()
    expect(freed).toEqual(['it'])
  })
  it.each<[string, LoadModule, unknown]>([
    [
      'a module without judges',
      () => E.right({ version: '1', exports: {} }),
      { message: 'exports no list named judges' },
    ],
    ['another name', offering(() => judge, { name: 'mild' }), { remedy: 'use mild', where: 'own (stern)' }],
    [
      'another contract',
      offering(() => judge, { specificationVersion: 1 }),
      { remedy: 'update that module' },
    ],
    ['what is no judge', offering(() => ({ id: 'x' })), { _tag: 'UnknownJudge', kind: 'input' }],
    ['an unknown axis', offering(() => ({ ...judge, axes: ['mood'] })), { _tag: 'UnknownJudge' }],
    [
      'a judge that throws when it is made',
      offering(() => {
        throw new Error('boom')
      }),
      { message: 'cannot be made (boom)', where: 'own (stern)' },
    ],
    [
      'its own fault',
      offering(() => TE.left(badInput('BadOption', 'words must be whole'))),
      { message: 'words must be whole' },
    ],
  ])('refuses %s', async (_, load, expected) => {
    expect(await fault(load)).toMatchObject(expected as object)
  })
  it.each<[string, unknown]>([
    [
      'throws',
      () => {
        throw new Error('boom')
      },
    ],
    ['gives no Either', () => async () => ['yes']],
    ['gives a verdict that is none', () => TE.right([{ id: 'a', verdict: { refused: 'no' } }])],
  ])('fails a judge that %s', async (_, judging) => {
    const { judge: own } = await opened(offering(() => ({ ...judge, judge: judging })))
    expect(await own.judge([item])()).toMatchObject({ left: { _tag: 'JudgeFailed', kind: 'failure' } })
  })
})
