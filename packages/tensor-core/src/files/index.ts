/** Files of any format: bounded reads, atomic writes, strict JSON, patterns matched in bounded time, decoding errors as one line. */
export { cacheHome } from './cacheHome'
export { canonicalJson, contentHash, shortHash } from './contentHash'
export { decodeAs, decodeWith, errorLine, shownValue } from './decode'
export { codeOf, damaged, kindOf, parseJson, readJson, readOptional, readText, unsupported } from './input'
export {
  type OutputChoice,
  type OutputKind,
  makeFolder,
  refuseExisting,
  temporaryOf,
  writeFolder,
  writeFolderOnce,
  writeParts,
  writeWhole,
} from './output'
export { pathHint } from './pathHint'
export { writeError } from './writeError'
