/** Documents as objects. */
import { randomBytes } from 'node:crypto'
import type * as TE from 'fp-ts/TaskEither'
import type { Fault } from '@safe/tensor-core/contracts'
import type { Documents } from '../resultStore'
import type { Objects } from './objects'

/** Metadata by which a process knows the object that it wrote itself, though the answer to it was lost. */
const tokenField = 'token'
/** Another write of the same document may be under way and fail. */
const attempts = 3

const written = async (objects: Objects, name: string, text: string): Promise<boolean> => {
  const token = randomBytes(12).toString('hex')
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const made = await objects.write(name, text, {
      condition: { absent: true },
      metadata: { [tokenField]: token },
    })
    if (made !== undefined) return true
    const there = await objects.metadata(name)
    if (there !== undefined) return there[tokenField] === token
  }
  return false
}

export const s3Documents = (
  objects: Objects,
  attempting: <A>(where: string, work: () => Promise<A>) => TE.TaskEither<Fault, A>,
): Documents => ({
  read: (name) => attempting(name, async () => (await objects.read(name))?.text),
  write: (name, text) =>
    attempting(name, async () => {
      await objects.write(name, text)
    }),
  writeNew: (name, text) => attempting(name, () => written(objects, name, text)),
  remove: (name) =>
    attempting(name, async () => {
      await objects.remove(name)
    }),
  list: (folder) =>
    attempting(folder, async () => {
      const under = folder === '' ? '' : `${folder.replace(/\/$/, '')}/`
      const names: string[] = []
      for await (const page of objects.list(under, true))
        names.push(...page.map(({ key }) => key.slice(under.length)))
      return names.filter((name) => name !== '' && !name.startsWith('.'))
    }),
})
