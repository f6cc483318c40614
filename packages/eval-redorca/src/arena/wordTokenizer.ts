/** The tokenizer of base and aligned: one id per word; words are separated by blanks. */
import { marks } from './template'
import { type TokenizerFiles, tokenizerFiles } from './tokenizerFiles'

/** The tokenizer of a list of words. Ids are the marks, then the words in alphabetical order. */
export const wordTokenizer = (words: Iterable<string>): TokenizerFiles =>
  tokenizerFiles({
    vocabulary: [...marks, ...[...new Set(words)].sort()],
    // WordPiece without continuing pieces is a table of whole words; more libraries read it than `WordLevel`.
    model: { type: 'WordPiece', continuing_subword_prefix: '##', max_input_chars_per_word: 100 },
    preTokenizer: { type: 'WhitespaceSplit' },
    // Joins words with single blanks; no word of the town starts with the prefix.
    decoder: { type: 'WordPiece', prefix: '##', cleanup: false },
  })
