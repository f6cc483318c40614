/** Options of `submit` that must be names of a scheduler, and which scheduler reads which. */
import { posix } from 'node:path'
import * as E from 'fp-ts/Either'
import { custom } from '@safe/tensor-core/cli'
import { configFolder } from '../submit'

// names ------------------------------------------------------------------------------------------

interface Shape {
  readonly pattern: RegExp
  readonly most: number
  readonly is: string
}

const matching =
  ({ pattern, most, is }: Shape) =>
  (u: unknown): E.Either<string, string> =>
    typeof u === 'string' && u.length <= most && pattern.test(u) ? E.right(u) : E.left(`must be ${is}`)

/** Names of all three schedulers: a DNS label; Kubernetes adds to it. */
export const jobName = custom(
  'name of the job',
  'NAME',
  matching({
    pattern: /^[a-z](?:[a-z0-9-]*[a-z0-9])?$/,
    most: 40,
    is: 'lower-case letters, digits and -, at most 40, from a letter to a letter or digit',
  }),
)

/** A name of an object of Kubernetes. */
const subdomain: Shape = {
  pattern: /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/,
  most: 253,
  is: 'a name of Kubernetes: lower-case letters, digits, - and .',
}

export const secretOption = custom(
  'Kubernetes Secret whose keys become environment variables',
  'NAME',
  matching(subdomain),
)

export const imageOption = custom(
  'container image with redorca in it (required for k8s)',
  'IMAGE',
  matching({
    pattern: /^[a-z0-9][A-Za-z0-9._:/@-]*$/,
    most: 500,
    is: 'a name of an image, [REGISTRY/]NAME[:TAG]',
  }),
)

export const acceleratorOption = custom(
  'kind of accelerator in SkyPilot’s list',
  'KIND',
  matching({
    pattern: /^[A-Za-z0-9][A-Za-z0-9_.-]*$/,
    most: 100,
    is: 'one kind, such as L4 or A100-80GB; --gpus says how many',
  }),
)

// volumes ----------------------------------------------------------------------------------------

/** Whether an absolute path is a folder or in it. */
export const isWithin = (folder: string, path: string): boolean =>
  path === folder || path.startsWith(`${folder}/`)

const claimShape = 'must be the name of a claim and an absolute path, NAME:/PATH'

/** `NAME:/PATH`, with no colon in the path. */
export const claimOption = custom('volume claim that the pods mount, and where', 'NAME:/PATH', (u) => {
  const [, name, given] = (typeof u === 'string' ? /^([^:]+):(\/[^:]*)$/.exec(u) : null) ?? []
  if (
    name === undefined ||
    given === undefined ||
    name.length > subdomain.most ||
    !subdomain.pattern.test(name)
  )
    return E.left(claimShape)
  const path = posix.normalize(given).replace(/\/$/, '')
  return isWithin(path, configFolder) || isWithin(configFolder, path)
    ? E.left(`must be mounted elsewhere: the pods have their configuration in ${configFolder}`)
    : E.right({ name, path })
})

// schedulers -------------------------------------------------------------------------------------

const readBy = {
  slurm: ['partition', 'account'],
  k8s: ['image', 'secret', 'claim'],
  skypilot: ['image'],
} satisfies Readonly<Record<string, ReadonlyArray<string>>>

/** The options that were given and that this scheduler does not read. */
export const unusedBy = (
  scheduler: keyof typeof readBy,
  given: Readonly<Record<string, unknown>>,
): ReadonlyArray<string> => {
  const read: ReadonlyArray<string> = readBy[scheduler]
  return Object.keys(given).filter((name) => given[name] !== undefined && !read.includes(name))
}
