/** What the user should know about the rows before they are trained on or rated. */
import type { IO } from 'fp-ts/IO'
import type { Terminal } from '@safe/tensor-core/cli'
import { type Dataset, type Example, promptText, responseText } from '@safe/tensor-core/contracts'
import type { Reference } from '../rates/reference'
import { rougeTokens } from '../rates/rouge'
import type { Signal } from '../rates/signals'

// parts ------------------------------------------------------------------------------------------

/** Texts in which ROUGE finds no word: it compares the letters a to z and digits. */
export const withoutRougeWords = (texts: ReadonlyArray<string>): number =>
  texts.filter((text) => text.trim() !== '' && rougeTokens(text).length === 0).length

const textsOf = ({ prompt, response }: Example): string =>
  JSON.stringify([promptText(prompt), responseText(response)])

/** Canaries that are rows of the data as well. */
export const repeatedCanaries = (data: Dataset, canaries: Dataset): number => {
  const known = new Set(data.examples.map(textsOf))
  return canaries.examples.filter((row) => known.has(textsOf(row))).length
}

// warnings ---------------------------------------------------------------------------------------

/** Rows that `rouge` cannot judge against their responses. */
export const warnOfScripts =
  (
    { warn }: Pick<Terminal, 'warn'>,
    signal: Signal,
    reference: Reference | undefined,
    responses: ReadonlyArray<string>,
  ): IO<void> =>
  () => {
    const blind = signal === 'rouge' && reference !== 'past-completion' ? withoutRougeWords(responses) : 0
    if (blind > 0)
      warn(
        `${blind} of ${responses.length} responses have no letters a to z and no digits, the only ones that rouge compares: their rates are 0; give another signal, such as first-token`,
      )
  }

/** Canaries that are trained on twice. */
export const warnOfCanaries =
  ({ warn }: Pick<Terminal, 'warn'>, data: Dataset, canaries: Dataset): IO<void> =>
  () => {
    const repeated = repeatedCanaries(data, canaries)
    if (repeated > 0)
      warn(
        `${repeated} of ${canaries.examples.length} canaries are rows of the data too: rows that are trained on twice are forgotten less than others, so the threshold may be too low; give other rows`,
      )
  }
