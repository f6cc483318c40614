/** What a plugin says of its options: for reference pages. */
import * as TE from 'fp-ts/TaskEither'
import { dataDefence } from '../../src/contracts'
import {
  choice,
  count,
  definePlugin,
  flag,
  insteadOf,
  number,
  switchedOn,
  withDefault,
} from '../../src/options'

const plugin = definePlugin({
  name: 'rows',
  stage: 'data',
  summary: 'keeps rows',
  options: {
    share: withDefault(0.5, number('share that is kept'), 'a paper, section 2'),
    count: insteadOf('share', count('rows that are kept')),
    order: withDefault('file', choice('their order', ['file', 'random'])),
    loud: flag('says so'),
    kept: switchedOn('does nothing'),
  },
  needs: [],
  make: (parameters) =>
    TE.right(dataDefence<never>({ name: 'rows', parameters: { ...parameters }, apply: (d) => TE.right(d) })),
})

describe('the options of a plugin', () => {
  it('are described as a configuration writes them', () =>
    expect(plugin.options).toEqual([
      {
        ...{ name: 'share', value: 'X', description: 'share that is kept' },
        ...{ default: '0.5', source: 'a paper, section 2' },
      },
      { name: 'count', value: 'N', description: 'rows that are kept' },
      { name: 'order', value: 'file|random', description: 'their order', default: 'file' },
      { name: 'loud', value: 'true|false', description: 'says so', default: 'false' },
      { name: 'kept', value: 'true|false', description: 'does nothing', default: 'true' },
    ]))
  it('have the defaults that it completes', () =>
    expect(plugin.complete({})).toMatchObject({
      right: { share: 0.5, order: 'file', loud: false, kept: true },
    }))
})
