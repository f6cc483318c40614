/** Compiles TypeScript for the tests. Only `jest.mock`, which must come before imports, needs ts-jest: it takes far longer. */
const { createHash } = require('node:crypto')
const { readFileSync } = require('node:fs')
const { join } = require('node:path')
const { compiled, id } = require('./sources.cjs')

const isHoisted = (text) => /\bjest\.(?:un)?mock\(/.test(text)

let hoisting
const tsJest = () =>
  (hoisting ??= require('ts-jest').default.createTransformer({
    tsconfig: join(__dirname, 'tsconfig.json'),
    diagnostics: false,
  }))

module.exports = {
  process: (text, path, options) => {
    if (isHoisted(text)) return tsJest().process(text, path, options)
    const file = compiled(path)
    return { code: readFileSync(file, 'utf8'), map: readFileSync(`${file}.map`, 'utf8') }
  },
  getCacheKey: (text, path, options) =>
    isHoisted(text)
      ? tsJest().getCacheKey(text, path, options)
      : createHash('sha1').update(`${id}\0${path}\0${text}`).digest('hex'),
}
