/** What the packages' manifests owe the repository's: one version, and the address of the repository. */

/** npm's provenance needs `repository` in every package; all of it follows from the root's. */
export const addressFields = (root, folder) => {
  if (root.repository === undefined) return {}
  const url = typeof root.repository === 'string' ? root.repository : root.repository.url
  const page = url.replace(/^git\+/, '').replace(/\.git$/, '')
  return {
    homepage: `${page}/tree/main/${folder}#readme`,
    bugs: { url: `${page}/issues` },
    repository: { type: 'git', url: `git+${page}.git`, directory: folder },
  }
}

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b)

/** Versions that differ, ranges of other packages that are not that version, addresses that are not the root's. @returns one line each */
export const manifestProblems = (root, packages) => {
  const [first] = packages
  const version = first.manifest.version
  const names = packages.map(({ manifest }) => manifest.name)
  return packages.flatMap(({ folder, manifest }) => {
    const ranges = Object.entries({ ...manifest.dependencies, ...manifest.peerDependencies })
    const wanted = addressFields(root, folder)
    return [
      ...(manifest.version === version
        ? []
        : [`${folder}: version ${manifest.version}, but ${first.folder} has ${version}`]),
      ...ranges
        .filter(([name, range]) => names.includes(name) && range !== manifest.version)
        .map(([name, range]) => `${folder}: needs ${name} ${range}, not ${manifest.version}`),
      ...['homepage', 'bugs', 'repository']
        .filter((key) => !same(manifest[key], wanted[key]))
        .map(
          (key) =>
            `${folder}: ${key} is not what the root's package.json says: node tools/release/repository.mjs`,
        ),
    ]
  })
}
