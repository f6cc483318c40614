/**
 * Which module may import which; read by dependency-cruiser (`npm run lint:imports`, a step of `npm test`). Type-only imports
 * count like all others.
 *
 * 1. No import circle anywhere in the sources of the packages, their tests, or the tools.
 * 2. Floors. Each table lists the folders of a package's `src/` from the ground up; a folder may import the folders named beside
 *    it, which all stand above it in the table, and nothing else of the package. A new folder needs a row.
 * 3. Method packages: `cli/` uses the library, the library never uses `cli/`.
 * 4. Modules of a package do not import the package's own public face, and sources import neither tests nor tools.
 *
 * Arrows between packages are checked by `@nx/enforce-module-boundaries` (eslint.config.mjs).
 */

// tables -----------------------------------------------------------------------------------------

const lowFloors = [
  'contracts',
  'random',
  'files',
  'hub',
  'options',
  'engine',
  'linalg',
  'formats',
  'text',
  'endpoint',
]

const floors = {
  'tensor-core': {
    contracts: [],
    random: [],
    page: [],
    stats: ['random'],
    files: ['contracts'],
    hub: ['contracts', 'files'],
    options: ['contracts', 'files'],
    engine: ['contracts', 'files'],
    linalg: ['contracts', 'random', 'engine'],
    formats: ['contracts', 'files'],
    text: ['contracts', 'files', 'formats'],
    endpoint: ['contracts', 'random', 'files', 'options'],
    lm: lowFloors,
    judges: [...lowFloors, 'lm'],
    pipeline: [...lowFloors, 'lm', 'judges'],
    'cli/kit': [...lowFloors, 'lm', 'judges', 'pipeline'],
    cli: [...lowFloors, 'lm', 'judges', 'pipeline', 'cli/kit'],
    bin: ['cli/kit', 'cli'],
  },
  'eval-redorca': {
    stats: [],
    pairs: ['stats'],
    mix: [],
    config: [],
    modules: [],
    store: ['modules'],
    submit: [],
    suite: ['mix', 'config'],
    arena: ['config', 'suite'],
    plan: ['config', 'modules', 'suite'],
    results: ['stats', 'pairs', 'mix', 'config', 'store', 'suite', 'plan'],
    work: ['stats', 'config', 'modules', 'store', 'suite', 'arena', 'plan', 'results'],
    report: ['stats', 'pairs', 'config', 'suite', 'plan', 'results'],
    labels: ['stats', 'suite', 'plan', 'results', 'report'],
    gate: ['stats', 'config', 'suite', 'plan', 'results', 'report'],
    interchange: ['stats', 'suite', 'plan', 'results', 'report'],
    promptfoo: ['config', 'suite', 'work'],
    cli: [
      ...['stats', 'pairs', 'mix', 'config', 'store', 'submit', 'suite', 'arena', 'plan', 'results', 'work'],
      ...['report', 'labels', 'gate', 'interchange'],
    ],
    bin: ['cli'],
  },
}

// rules ------------------------------------------------------------------------------------------

/** `cli/kit` is a floor inside `cli/`: paths of `cli` are all others of that folder. */
const inside = (source, folder) => (folder === 'cli' ? `${source}cli/(?!kit/)` : `${source}${folder}/`)

const floorRules = Object.entries(floors).flatMap(([name, table]) => {
  const source = `^packages/${name}/src/`
  const folders = Object.keys(table)
  return [
    ...Object.entries(table).map(([folder, below]) => ({
      name: `${name}: ${folder} imports ${below.length === 0 ? 'no other folder' : `only ${below.join(', ')}`}`,
      severity: 'error',
      from: { path: inside(source, folder) },
      to: { path: source, pathNot: [folder, ...below].map((other) => inside(source, other)) },
    })),
    {
      name: `${name}: every folder has a row in tools/lint/imports.mjs`,
      severity: 'error',
      from: { path: `${source}[^/]+/`, pathNot: folders.map((folder) => inside(source, folder)) },
      to: {},
    },
  ]
})

const upward = Object.entries(floors).flatMap(([name, table]) => {
  const folders = Object.keys(table)
  return Object.entries(table).flatMap(([folder, below]) =>
    below
      .filter((other) => folders.indexOf(other) >= folders.indexOf(folder) || !folders.includes(other))
      .map((other) => `${name}: ${folder} -> ${other}`),
  )
})
if (upward.length > 0)
  throw new Error(`the tables must list folders from the ground up: ${upward.join('; ')}`)

// configuration ----------------------------------------------------------------------------------

export default {
  forbidden: [
    { name: 'no import circle', severity: 'error', from: {}, to: { circular: true } },
    { name: 'every import resolves', severity: 'error', from: {}, to: { couldNotResolve: true } },
    ...floorRules,
    {
      name: 'a library does not import its command line',
      severity: 'error',
      from: { path: '^packages/([^/]+)/src/', pathNot: '^packages/[^/]+/src/(cli/|bin/|index\\.ts$)' },
      to: { path: '^packages/$1/src/(cli|bin)/' },
    },
    {
      name: 'a module does not import the face of its own package',
      severity: 'error',
      from: { path: '^packages/([^/]+)/src/' },
      to: { path: '^packages/$1/src/index\\.ts$' },
    },
    {
      name: 'sources import neither tests nor tools',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/' },
      to: { path: ['^packages/[^/]+/test/', '^tools/'] },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '/dist/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@safe/source', 'import', 'require', 'node', 'default', 'types'],
      mainFields: ['main', 'types'],
      extensions: ['.ts', '.mts', '.js', '.mjs', '.cjs', '.d.ts', '.json'],
    },
  },
}
