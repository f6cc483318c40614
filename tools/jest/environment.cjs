const { join, sep } = require('node:path')
const { TestEnvironment } = require('jest-environment-node')

/**
 * Node environment whose typed arrays are those of the outer realm: native addons return outer typed arrays, and
 * `instanceof Float32Array` must be true for them inside a test. In `process.execArgv` are the options with which a test, or code under
 * test, starts other processes from sources. Tests run in the folder of their package.
 */
module.exports = class SharedTypedArrays extends TestEnvironment {
  constructor(config, context) {
    super(config, context)
    process.chdir(context.testPath.slice(0, context.testPath.lastIndexOf(`${sep}test${sep}`)))
    this.global.process.execArgv = ['--conditions=@safe/source', '--require', join(__dirname, 'loader.cjs')]
    for (const name of [
      'Float32Array',
      'Float64Array',
      'Int32Array',
      'Uint8Array',
      'Uint16Array',
      'Uint32Array',
      'BigInt64Array',
      'BigUint64Array',
      'ArrayBuffer',
    ])
      this.global[name] = globalThis[name]
  }
}
