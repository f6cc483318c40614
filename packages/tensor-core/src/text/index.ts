/** From text to a model's tokens and back: tokenizers, chat templates, rows as prompt and response tokens. */
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
  tokenExamples,
} from './encode'
export { type PromptTemplate, chooseTemplate, noTemplate, qaTemplate } from './template'
export { type TextTokenizer, loadTokenizer } from './tokenizer'
