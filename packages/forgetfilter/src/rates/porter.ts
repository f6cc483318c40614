/**
 * Porter's stemmer with the extensions of NLTK (`PorterStemmer.NLTK_EXTENSIONS`), which Google's `rouge_score` uses.
 *
 * Porter, "An algorithm for suffix stripping", Program 14.3 (1980). NLTK adds twelve irregular words, `dies -> die`,
 * `spied -> spi`, `enjoy -> enjoy` (y becomes i only after a consonant), `fulli -> ful`, and runs step 2 again after
 * `alli -> al`. The stemmers on npm (`stemmer`, `natural`) have none of these (`dying -> dy`, `employed -> emploi`), so
 * scores would differ from the reference: hence this file. Words are lower case, [a-z0-9].
 */

// shape of a word --------------------------------------------------------------------------------

/** One flag per letter: true for consonants. `y` is a consonant at the start and after a vowel. */
const consonants = (word: string): ReadonlyArray<boolean> => {
  const flags: boolean[] = []
  for (const letter of word)
    flags.push('aeiou'.includes(letter) ? false : letter !== 'y' ? true : !(flags.at(-1) ?? false))
  return flags
}

/** m in [C](VC){m}[V]: how often a consonant follows a vowel. */
const measure = (stem: string): number => {
  const flags = consonants(stem)
  return flags.filter((consonant, i) => consonant && flags[i - 1] === false).length
}

const containsVowel = (stem: string): boolean => consonants(stem).includes(false)

const endsDoubleConsonant = (word: string): boolean =>
  word.length >= 2 && word.at(-1) === word.at(-2) && consonants(word).at(-1) === true

/** *o: ends consonant, vowel, consonant, the last not w, x or y; NLTK: or is a vowel and a consonant. */
const endsCvc = (word: string): boolean => {
  const flags = consonants(word)
  return (
    (word.length >= 3 &&
      flags.at(-3) === true &&
      flags.at(-2) === false &&
      flags.at(-1) === true &&
      !/[wxy]$/.test(word)) ||
    (word.length === 2 && flags[0] === false && flags[1] === true)
  )
}

// rules ------------------------------------------------------------------------------------------

type Condition = (stem: string) => boolean
type Rule = readonly [suffix: string, replacement: string, condition?: Condition]

/** The first rule whose suffix fits decides: it replaces where its condition holds, and ends the search in any case. */
const applyFirst =
  (rules: ReadonlyArray<Rule>) =>
  (word: string): string => {
    for (const [suffix, replacement, condition] of rules)
      if (word.endsWith(suffix)) {
        const stem = word.slice(0, word.length - suffix.length)
        return condition === undefined || condition(stem) ? stem + replacement : word
      }
    return word
  }

const positive: Condition = (stem) => measure(stem) > 0
const aboveOne: Condition = (stem) => measure(stem) > 1

// steps ------------------------------------------------------------------------------------------

const plural = applyFirst([
  ['sses', 'ss'],
  ['ies', 'i'],
  ['ss', 'ss'],
  ['s', ''],
])

const step1a = (word: string): string =>
  word.length === 4 && word.endsWith('ies') ? word.slice(0, -1) : plural(word)

/** Repairs the stem that `-ed` or `-ing` leaves: `conflat -> conflate`, `hopp -> hop`, `fil -> file`. */
const repaired = (stem: string): string =>
  /(?:at|bl|iz)$/.test(stem)
    ? `${stem}e`
    : endsDoubleConsonant(stem)
      ? /[lsz]$/.test(stem)
        ? stem
        : stem.slice(0, -1)
      : measure(stem) === 1 && endsCvc(stem)
        ? `${stem}e`
        : stem

const step1b = (word: string): string => {
  if (word.endsWith('ied')) return word.slice(0, word.length === 4 ? -1 : -2)
  if (word.endsWith('eed')) return positive(word.slice(0, -3)) ? word.slice(0, -1) : word
  const suffix = ['ed', 'ing'].find((s) => word.endsWith(s) && containsVowel(word.slice(0, -s.length)))
  return suffix === undefined ? word : repaired(word.slice(0, -suffix.length))
}

const step1c = applyFirst([['y', 'i', (stem) => stem.length > 1 && consonants(stem).at(-1) === true]])

const derivational = applyFirst([
  ['ational', 'ate', positive],
  ['tional', 'tion', positive],
  ['enci', 'ence', positive],
  ['anci', 'ance', positive],
  ['izer', 'ize', positive],
  ['bli', 'ble', positive],
  ['alli', 'al', positive],
  ['entli', 'ent', positive],
  ['eli', 'e', positive],
  ['ousli', 'ous', positive],
  ['ization', 'ize', positive],
  ['ation', 'ate', positive],
  ['ator', 'ate', positive],
  ['alism', 'al', positive],
  ['iveness', 'ive', positive],
  ['fulness', 'ful', positive],
  ['ousness', 'ous', positive],
  ['aliti', 'al', positive],
  ['iviti', 'ive', positive],
  ['biliti', 'ble', positive],
  ['fulli', 'ful', positive],
  // The l counts with the stem, so that `geologi` stems as `archaeologi` does.
  ['logi', 'log', (stem) => positive(`${stem}l`)],
])

const step2 = (word: string): string =>
  word.endsWith('alli') && positive(word.slice(0, -4)) ? step2(word.slice(0, -2)) : derivational(word)

const step3 = applyFirst([
  ['icate', 'ic', positive],
  ['ative', '', positive],
  ['alize', 'al', positive],
  ['iciti', 'ic', positive],
  ['ical', 'ic', positive],
  ['ful', '', positive],
  ['ness', '', positive],
])

const step4 = applyFirst([
  ...['al', 'ance', 'ence', 'er', 'ic', 'able', 'ible', 'ant', 'ement', 'ment', 'ent'].map((suffix): Rule => [
    suffix,
    '',
    aboveOne,
  ]),
  ['ion', '', (stem) => aboveOne(stem) && /[st]$/.test(stem)],
  ...['ou', 'ism', 'ate', 'iti', 'ous', 'ive', 'ize'].map((suffix): Rule => [suffix, '', aboveOne]),
])

const step5a = (word: string): string => {
  if (!word.endsWith('e')) return word
  const stem = word.slice(0, -1)
  const m = measure(stem)
  return m > 1 || (m === 1 && !endsCvc(stem)) ? stem : word
}

const step5b = (word: string): string =>
  word.endsWith('ll') && measure(word.slice(0, -1)) > 1 ? word.slice(0, -1) : word

/** Words whose stem NLTK lists. */
const irregular: ReadonlyMap<string, string> = new Map([
  ['sky', 'sky'],
  ['skies', 'sky'],
  ['dying', 'die'],
  ['lying', 'lie'],
  ['tying', 'tie'],
  ['news', 'news'],
  ['innings', 'inning'],
  ['inning', 'inning'],
  ['outings', 'outing'],
  ['outing', 'outing'],
  ['cannings', 'canning'],
  ['canning', 'canning'],
  ['howe', 'howe'],
  ['proceed', 'proceed'],
  ['exceed', 'exceed'],
  ['succeed', 'succeed'],
])

// destructors ------------------------------------------------------------------------------------

/** The stem of a lower-case word; words of one or two letters stay as they are. */
export const porterStem = (word: string): string =>
  irregular.get(word) ??
  (word.length <= 2
    ? word
    : [step1a, step1b, step1c, step2, step3, step4, step5a, step5b].reduce((w, step) => step(w), word))
