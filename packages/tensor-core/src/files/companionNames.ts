/** Files that belong to a model besides its configuration and weights: copied with a model, and fetched with one. */
export const companionNames: ReadonlyArray<string> = [
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'chat_template.jinja',
  'chat_template.json',
  'tokenizer.model',
  'vocab.json',
  'merges.txt',
]
