/** Whether a suite has what its methods need; checked before anything runs. */
import * as E from 'fp-ts/Either'
import { type MethodError, type ResourceName, badInput } from '@safe/tensor-core/contracts'
import type { Suite } from '../suite/suite'
import { type Methods, allMethods } from './methods'
import { loadedName } from './plugins'

/** Resources that a suite may lack, with the configuration key that provides each. */
const optionalResources: ReadonlyArray<{
  readonly name: ResourceName
  readonly key: string
  readonly has: (suite: Suite) => boolean
}> = [
  { name: 'base', key: 'suite.models.base', has: ({ models }) => models.base !== undefined },
  { name: 'baseModel', key: 'suite.models.base', has: ({ models }) => models.base !== undefined },
  { name: 'anchor', key: 'suite.models.anchor', has: ({ models }) => models.anchor !== undefined },
  { name: 'safe', key: 'suite.safe', has: ({ safe }) => safe !== undefined },
  { name: 'references', key: 'suite.references', has: ({ references }) => references !== undefined },
  { name: 'harmful', key: 'suite.harmful', has: ({ harmful }) => harmful !== undefined },
]

/** Methods of the data and training stages need rows; a suite of adapters that were trained before may have none. */
const withRows = (suite: Suite, methods: Methods): E.Either<MethodError, void> => {
  const users = [...methods.data.values(), ...methods.training.values()].map(({ name }) => name)
  const without = Object.keys(suite.adapters ?? {}).find((regime) => {
    const data = suite.trainingData(regime, 0)
    return E.isLeft(data) || data.right.examples.length === 0
  })
  return users.length === 0 || without === undefined
    ? E.right(undefined)
    : E.left(
        badInput('ResourceMissing', `is missing; ${users.join(', ')} act on training rows`, {
          where: 'suite.training',
          remedy: 'name the rows, or set data: [] and training: [] under stages',
        }),
      )
}

/** Left `ResourceMissing`: which key is missing, and every method that needs it. */
export const satisfied = (suite: Suite, methods: Methods): E.Either<MethodError, void> => {
  const rows = withRows(suite, methods)
  if (E.isLeft(rows)) return rows
  const all = allMethods(methods)
  for (const { name, key, has } of optionalResources) {
    if (has(suite)) continue
    const users = [...new Set(all.filter(({ plugin }) => plugin.needs.includes(name)).map(loadedName))]
    if (users.length > 0)
      return E.left(
        badInput(
          'ResourceMissing',
          `is missing; ${users.join(', ')} ${users.length === 1 ? 'needs' : 'need'} it`,
          {
            where: key,
            remedy: 'set it, or remove these methods from stages',
          },
        ),
      )
  }
  return E.right(undefined)
}
