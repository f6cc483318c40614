/**
 * Writes the address of the repository into the root's package.json, and what follows from it into every package's.
 *
 *     node tools/release/repository.mjs [https://github.com/OWNER/NAME]       default: the address that the root has
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { addressFields } from './manifests.mjs'
import { packagesOf } from './packs.mjs'

const path = 'package.json'
const [given] = process.argv.slice(2)
const root = JSON.parse(readFileSync(path, 'utf8'))
const write = (file, manifest) => writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`)

/** A manifest with fields after its license, where npm's own order has them. */
const withFields = (manifest, fields) => {
  const rest = Object.entries(manifest).filter(([key]) => !(key in fields))
  const at = rest.findIndex(([key]) => key === 'license') + 1
  return Object.fromEntries([...rest.slice(0, at), ...Object.entries(fields), ...rest.slice(at)])
}

if (given !== undefined && !/^https:\/\/[^/]+\/.+/.test(given)) {
  process.stderr.write(`${given} is no address: give one like https://github.com/OWNER/NAME\n`)
  process.exitCode = 2
} else if (given === undefined && root.repository === undefined) {
  process.stderr.write('package.json has no repository: give its address, https://github.com/OWNER/NAME\n')
  process.exitCode = 2
} else {
  const page = given?.replace(/(\.git)?\/?$/, '')
  const described =
    page === undefined ? root : withFields(root, { repository: { type: 'git', url: `git+${page}.git` } })
  write(path, described)
  for (const { folder, manifest } of packagesOf('.'))
    write(join(folder, 'package.json'), withFields(manifest, addressFields(described, folder)))
  process.stdout.write(`${described.repository.url ?? described.repository}: written into all packages\n`)
}
