/** Files as such: bounded reads, whole or absent writes, strict JSON, patterns that cannot run away, and codecs' errors in one line. */
export { canonicalJson, contentHash, shortHash } from './contentHash'
export { decodeAs, decodeWith, errorLine, shownValue } from './decode'
export { damaged, kindOf, readJson, readOptional, readText, unsupported } from './input'
export {
  type OutputChoice,
  type OutputKind,
  makeFolder,
  refuseExisting,
  writeFolder,
  writeParts,
  writeWhole,
} from './output'
