/** Every defence under its worst attacker, and under each of them: once for the page and once as text. */
import { type Markup, html } from '@safe/tensor-core/page'
import { documentOf } from '@safe/tensor-core/options'
import { type Attacker, regimeOf } from '../config/attackers'
import { type BenignRows, benignRowsOf } from '../config/benignRows'
import { modelPrefix, strengthWords } from '../plan/factors'
import type { Results } from '../results/results'
import { type AttackRule, type AttackedRates, type WorstCase, ownRecipe } from '../results/worstCase'
import type { Estimate } from '../stats'
import { rateCell } from './cells'
import { inWords, percent, regimeWords } from './format'
import type { Section } from './section'
import { plain, rateText, table } from './tableText'

// words ------------------------------------------------------------------------------------------

const title = 'Worst case over attackers'

const recipeName = 'own recipe'

const attackerWords = (attacker: string): string => (attacker === ownRecipe ? recipeName : attacker)

/** `the 100 benign rows that erode safety most, 3 times each` */
const choiceWords = ({ rows, top, times }: BenignRows): string => {
  const amount = top < 1 ? `${inWords(top)} of benign rows` : `${top} benign rows`
  return [
    rows === 'eroding' ? `the ${amount} that erode safety most` : `${amount} at random`,
    ...(times === 'fill' ? ['repeated to as many as there are'] : times === 1 ? [] : [`${times} times each`]),
  ].join(', ')
}

/** Settings that are told in words. */
const inOtherWords = ['share', 'regime', 'rows', 'top', 'times']

/** `lr 0.01, epochs 8`: what an attacker does in another way. */
const settingWords = (attacker: Attacker, rule: AttackRule): string => {
  const choice = benignRowsOf(attacker)
  return [
    regimeWords(regimeOf(attacker, { regimes: [rule.regime] })),
    ...(choice === undefined ? [] : [choiceWords(choice)]),
    ...Object.entries(documentOf({ ...attacker }))
      .filter(([name]) => !inOtherWords.includes(name))
      .map(([name, value]) => `${name} ${JSON.stringify(value)}`),
  ].join(', ')
}

/** `csulora (0.05)` */
const defenceWords = ({ method, strengths, factors }: WorstCase): string => {
  const at = Object.entries(strengths)
    .map(([name, value]) => (name === method ? strengthWords(value) : `${name} ${strengthWords(value)}`))
    .join('; ')
  return `${modelPrefix(factors)}${method}${at === '' ? '' : ` (${at})`}`
}

const explanation = ({ attackers, worstCase, selection }: Results): string => {
  const bound = percent(attackers?.epsilon ?? 0).replace(/\.0$/, '')
  const split = worstCase.some(({ chosenOn }) => chosenOn === 'test')
    ? 'There are no validation items, so the attacker is chosen on the test itself, and the rate is the highest of several.'
    : 'The attacker is chosen on the validation items, the rates are of the test.'
  const strength =
    selection === undefined
      ? 'Defences are as configured.'
      : 'Defences stand at the strengths selected without an attacker: who defends does not know who attacks.'
  return `The attacker with the highest attack success of those whose model keeps the task within ${bound} points of the best. ${split} ${strength}`
}

const lostWords = ({ attackers }: WorstCase): string => {
  const lost = attackers.filter(({ keepsTask }) => !keepsTask).map(({ attacker }) => attackerWords(attacker))
  return lost.length === 0 ? '–' : lost.join(', ')
}

const attackersOf = ({ worstCase }: Results): ReadonlyArray<string> => [
  ...new Set(worstCase.flatMap(({ attackers }) => attackers.map(({ attacker }) => attacker))),
]

const underAttacker = ({ attackers }: WorstCase, name: string): AttackedRates | undefined =>
  attackers.find(({ attacker }) => attacker === name)

const short = (e: Estimate | undefined): string => (e === undefined ? '–' : (100 * e.value).toFixed(0))

const legend = (results: Results): ReadonlyArray<{ readonly name: string; readonly words: string }> => {
  const { attackers } = results
  return attackers === undefined
    ? []
    : [
        { name: attackerWords(ownRecipe), words: `${regimeWords(attackers.regime)}, the benchmark’s recipe` },
        ...Object.entries(attackers.settings).map(([name, settings]) => ({
          name,
          words: settingWords(settings, attackers),
        })),
      ]
}

// page -------------------------------------------------------------------------------------------

const worstTable = (results: Results): Markup =>
  html`<table class="numbers sortable">
    <caption>
      ${explanation(results)}
    </caption>
    <thead>
      <tr>
        <th scope="col" class="first">Defences</th>
        <th scope="col">Worst attacker</th>
        <th scope="col" class="number">Attack success<small>under it; low is better</small></th>
        <th scope="col" class="number">Task<small>answered exactly; high is better</small></th>
        <th scope="col">Lose the task, do not count</th>
      </tr>
    </thead>
    <tbody>
      ${results.worstCase.map(
        (row) =>
          html`<tr>
            <th scope="row">${defenceWords(row)}</th>
            <td data-label="Worst attacker" data-value="${row.attacker}">${attackerWords(row.attacker)}</td>
            ${rateCell('Attack success', row.attackSuccess)} ${rateCell('Task', row.task)}
            <td data-label="Lose the task" data-value="${lostWords(row)}">${lostWords(row)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`

const everyAttacker = (results: Results): Markup => {
  const names = attackersOf(results)
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Every attacker">
    <table class="matrix attackers">
      <caption>
        Attack success under each attacker, and in small type the task solved, in percent.
      </caption>
      <thead>
        <tr>
          <th scope="col">Defences</th>
          ${names.map((name) => html`<th scope="col" class="number">${attackerWords(name)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${results.worstCase.map(
          (row) =>
            html`<tr>
              <th scope="row">${defenceWords(row)}</th>
              ${names.map((name) => {
                const rates = underAttacker(row, name)
                return html`<td
                  class="number"
                  style="--heat:${(rates?.attackSuccess?.value ?? 0).toFixed(3)}"
                >
                  ${short(rates?.attackSuccess)} <small>${short(rates?.task)}</small>
                </td>`
              })}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
}

/** Names of attackers stay whole; where they do not fit the table scrolls by itself. */
export const worstCaseStyle = `
.attackers th,.attackers td{overflow-wrap:normal;white-space:nowrap}
`

// constructors -----------------------------------------------------------------------------------

/** The section of the worst cases; undefined where there are no attackers, or none of them has answers yet. */
export const worstCaseSection = (results: Results): Section | undefined => {
  if (results.worstCase.length === 0) return undefined
  const names = attackersOf(results)
  return {
    html: html`<section>
      <h2>${title}</h2>
      ${worstTable(results)} ${everyAttacker(results)}
      <ul class="note">
        ${legend(results).map(({ name, words }) => html`<li><b>${name}</b>: ${words}</li>`)}
      </ul>
    </section>`,
    markdown: [
      `## ${title}`,
      explanation(results),
      table(
        ['Defences', 'Worst attacker', 'Attack success', 'Task', 'Lose the task'],
        results.worstCase.map((row) => [
          plain(defenceWords(row)),
          plain(attackerWords(row.attacker)),
          rateText(row.attackSuccess),
          rateText(row.task),
          plain(lostWords(row)),
        ]),
      ),
      'Attack success under each attacker, with the task solved, in percent:',
      table(
        ['Defences', ...names.map((name) => plain(attackerWords(name)))],
        results.worstCase.map((row) => [
          plain(defenceWords(row)),
          ...names.map((name) => {
            const rates = underAttacker(row, name)
            return `${short(rates?.attackSuccess)}, ${short(rates?.task)}`
          }),
        ]),
      ),
      legend(results)
        .map(({ name, words }) => `- ${plain(name)}: ${plain(words)}`)
        .join('\n'),
    ].join('\n\n'),
  }
}
