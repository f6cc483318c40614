/**
 * Copies what the compiler leaves behind: every file below a package's `src` that is not TypeScript (kernels in their own language)
 * to the same place below `dist`. Runs in the package's folder, after `tsc`.
 */
import { cpSync, readdirSync, rmSync } from 'node:fs'
import { extname, join } from 'node:path'

const assetsBelow = (folder, extensions) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !extensions.includes(extname(entry.name)))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))

const fromCompiler = ['.js', '.ts', '.map', '.tsbuildinfo']

const assets = assetsBelow('src', ['.ts'])
for (const stale of assetsBelow('dist', fromCompiler))
  if (!assets.includes(stale)) rmSync(join('dist', stale))
for (const asset of assets) cpSync(join('src', asset), join('dist', asset))
