/**
 * Lets a process load TypeScript as `--import tsx` does, from what `sources.cjs` keeps: half as much work for each process that a test
 * starts from sources. Tests find the options in `process.execArgv`.
 */
const { readFileSync } = require('node:fs')
const Module = require('node:module')
const { compiled } = require('./sources.cjs')

const resolve = Module._resolveFilename
Module._resolveFilename = (request, ...rest) => {
  try {
    return resolve(request, ...rest)
  } catch (cause) {
    // `import('./x.js')` means x.ts.
    if (!/^\..*\.js$/.test(request)) throw cause
    return resolve(request.slice(0, -3), ...rest)
  }
}

Module._extensions['.ts'] = (module, path) => module._compile(readFileSync(compiled(path), 'utf8'), path)
