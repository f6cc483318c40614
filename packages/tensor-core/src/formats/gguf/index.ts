export { ggufCompanionNames, ggufCompanions, ggufGeneration, readGgufTokenizer } from './companions'
export { type GgufModel, openGgufModel } from './model'

/** Whether a path names a GGUF file: the ending decides, as for data sets. */
export const isGgufPath = (path: string): boolean => path.toLowerCase().endsWith('.gguf')
