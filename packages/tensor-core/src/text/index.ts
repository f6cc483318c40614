/** Text in and out of a model: tokenizers, chat templates, rows as tokens with a loss mask. */
export {
  type EncodedExample,
  type EncodedRows,
  type Encoder,
  type EncodingChoice,
  cutExample,
  encodeExample,
  encodeExamples,
  encodePrompt,
  encoderOf,
  encodingWarnings,
} from './encode'
export { type PromptTemplate, chooseTemplate, noTemplate, qaTemplate } from './template'
export { type TextTokenizer, loadTokenizer } from './tokenizer'
