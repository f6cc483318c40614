/** The report as one page that loads nothing from outside: a summary in words, then plots, tables, samples, and how it was made. */
import { type Markup, html, pageOf, raw } from '@safe/tensor-core/page'
import { combinationName } from '../plan/factors'
import type { GroupResult, Results } from '../results/results'
import type { Sample } from '../suite/samples'
import { combinationsTable, controlsTable, publishedTable, regimesTable } from './combinations'
import { costStyle, costTable } from './cost'
import { diagnosticsPanels } from './diagnostics'
import { equalUtilityTable } from './equalUtility'
import { fidelitySection, fidelityStyle } from './fidelity'
import { frontsFigure, frontsStyle } from './fronts'
import { effectsTable, interactionsTable } from './effectTables'
import { fineTunedOn, percent, range, regimeData, sizeWords } from './format'
import { aloneSentence, headline } from './headline'
import { byJudgeSection, byJudgeStyle, groupsOf } from './byJudge'
import { judgeWarnings } from './judges'
import { perplexityTable } from './perplexity'
import { plane } from './plane'
import { type RegimeReading, allMethods, codeOf, codesOf, readingOf } from './reading'
import { sampleCards } from './sampleCards'
import type { Section } from './section'
import { firstOf, shownOf } from './shown'
import { reloadScript, runningBanner, runningStyle } from './running'
import { readingSection, runSection, stampSection } from './setup'
import { script, style } from './style'
import { worstCaseSection, worstCaseStyle } from './worstCase'

// model ------------------------------------------------------------------------------------------

/** The input of a report. */
export interface ReportInput {
  readonly results: Results
  readonly samples: ReadonlyMap<string, ReadonlyArray<Sample>>
  /** The content of the configuration file. */
  readonly config: unknown
  /** Whether the samples are beside the page, so that rows can link to them. */
  readonly linked: boolean
  /** The page of all samples, where there is one beside this page. */
  readonly browser?: string
  /** Parts that not every benchmark has. */
  readonly sections?: ReadonlyArray<Section>
}

// parts ------------------------------------------------------------------------------------------

const fact = (name: string, g: GroupResult | undefined, metric: 'attackSuccess' | 'exactMatch'): Markup => {
  const e = g?.metrics[metric]
  return e === undefined
    ? html``
    : html`<div>
        <dt>${name}</dt>
        <dd>${percent(e.value)} %<small>${range(e)}, ${sizeWords(e)}</small></dd>
      </div>`
}

const facts = ({ none, best, before: { aligned } }: RegimeReading): Markup =>
  html`<dl class="facts">
    ${fact('Attack success, aligned model', aligned, 'attackSuccess')}${fact(
      'Attack success after fine-tuning',
      none,
      'attackSuccess',
    )}${best === none ? html`` : fact(`Attack success, ${best === undefined ? '' : combinationName(best.factors)}`, best, 'attackSuccess')}${fact(
      'Task solved by the same model',
      best,
      'exactMatch',
    )}
  </dl>`

const keyMark = (kind: string, shape: string): Markup =>
  html`<svg viewBox="0 0 14 14" aria-hidden="true">
    ${raw(shape.replace('<', `<`).replace(' ', ` class="mark ${kind}" `))}
  </svg>`

const shapes = {
  reference: '<path d="M2 2h10v10h-10z"/>',
  none: '<path d="M2 2l10 10M12 2l-10 10"/>',
  single: '<circle cx="7" cy="7" r="5.5"/>',
  several: '<path d="M7 1l5.6 10h-11.2z"/>',
  control: '<path d="M7 1l6 6l-6 6l-6 -6z"/>',
} as const

const keys = (results: Results, codes: ReadonlyMap<string, string>): Markup =>
  html`<ul class="keys">
    <li>${keyMark('reference', shapes.reference)} before fine-tuning</li>
    <li>${keyMark('none', shapes.none)} fine-tuned, no defence</li>
    <li>${keyMark('single', shapes.single)} one defence</li>
    <li>${keyMark('several', shapes.several)} several defences</li>
    ${results.groups.some((g) => g.control) && html`<li>${keyMark('control', shapes.control)} control</li>`}
    <hr />
    ${allMethods(results).map(
      ({ stage, method }) => html`<li><b>${codes.get(method) ?? ''}</b> ${method}, ${stage}</li>`,
    )}
  </ul>`

const regimeSection = (
  input: ReportInput,
  regime: RegimeReading,
  codes: ReadonlyMap<string, string>,
): Markup => {
  const { results, samples } = input
  const code = (g: GroupResult): string => codeOf(codes, g)
  const references = [regime.before.base, regime.before.aligned].filter((g) => g !== undefined)
  const none = regime.none === undefined ? [] : [regime.none]
  const words = fineTunedOn(regime, regimeData)
  const picture = plane({
    title: `Safety and utility: ${words}`,
    groups: [...references, ...none, ...regime.defended, ...regime.controls],
    code,
  })
  const controls = controlsTable(regime, { code, linked: input.linked })
  const equal = equalUtilityTable(results, regime)
  const fronts = frontsFigure(results, regime)
  const published = publishedTable(regime, { code, linked: input.linked })
  const effects = effectsTable(results, regime)
  const interactions = interactionsTable(results, regime)
  const cost = costTable(results, regime)
  const diagnostics = diagnosticsPanels(results, regime)
  const shown = groupsOf(regime)
  const perplexity = perplexityTable(shown)
  const warnings = warningsOf(results, shown)
  const byJudge = byJudgeSection(results, shown, samples, warnings)
  return html`<section>
    <h2>${words}</h2>
    <p>${aloneSentence(regime)}</p>
    ${picture && html`<div class="figure">${picture}${keys(results, codes)}</div>`}
    ${
      equal &&
      html`<h3>At equal utility</h3>
        ${warnings} ${equal}`
    }
    ${
      fronts &&
      html`<h3>Over all strengths</h3>
        ${fronts}`
    }
    <h3>
      ${
        equal !== undefined
          ? 'All metrics at the selected strengths'
          : regime.defended.length === 0
            ? 'All metrics'
            : 'All combinations'
      }
    </h3>
    ${warnings} ${combinationsTable(regime, { code, linked: input.linked })} ${byJudge}
    ${
      controls &&
      html`<h3>Controls</h3>
        ${controls}`
    }
    ${
      perplexity &&
      html`<h3>Perplexity</h3>
        ${perplexity}`
    }
    ${
      published &&
      html`<h3>As configured</h3>
        ${published}`
    }
    ${
      effects &&
      html`<h3>What each method does</h3>
        ${effects}`
    }
    ${
      interactions &&
      html`<h3>Two together</h3>
        <p>
          A gain cannot be larger than what there is to gain: two methods that each remove nearly all harm
          alone must together gain less than their sum.
        </p>
        ${interactions}`
    }
    ${
      cost &&
      html`<h3>Cost</h3>
        ${cost}`
    }
    ${
      diagnostics &&
      html`<h3>What the methods did</h3>
        ${diagnostics}`
    }
    <h3>Answers</h3>
    <p class="note">
      Three of each kind, drawn at random${results.stamp.seeds.length > 1 ? ', of the first seed' : ''}.
    </p>
    ${sampleCards(regime, samples)}
  </section>`
}

const warningsOf = (results: Results, groups: ReadonlyArray<GroupResult>): Markup =>
  html`${judgeWarnings(results, groups).map((warning) => html`<p class="warning">${warning}</p>`)}`

const failures = ({ failed }: Results): Markup => {
  const { first, more } = firstOf(failed)
  return failed.length === 0
    ? html``
    : html`<div class="failed">
        <p>
          ${failed.length} cells failed and are missing below:
          ${[...first.map((f) => `${combinationName(f.factors)} (${f.message})`), ...(more === '' ? [] : [more])].join('; ')}.
        </p>
      </div>`
}

// constructors -----------------------------------------------------------------------------------

/** The page as one HTML document. Of results with very many cells, it shows the first and says so. */
export const page = (whole: ReportInput): string => {
  const { results, notice } = shownOf(whole.results)
  const { config } = whole
  const input = { ...whole, results }
  const reading = readingOf(results)
  const codes = codesOf(results)
  const matrix = regimesTable(reading)
  const warnings = warningsOf(results, results.groups)
  const worst = worstCaseSection(results)
  return pageOf({
    title: `Safety after fine-tuning: ${results.suite}`,
    style: [style, byJudgeStyle, frontsStyle, runningStyle, costStyle, fidelityStyle, worstCaseStyle].join(
      '',
    ),
    inlineStyles: true,
    script: `${script}${reloadScript(results)}`,
    body: html`<main>
      <h1>Safety after fine-tuning</h1>
      <p class="meta">
        Suite ${results.suite}, ${results.finished.slice(0, 10)}, engine ${results.stamp.engine}.
        ${input.linked && html`Every number comes from answers in <code>cells/</code> beside this page.`}
        ${input.browser !== undefined && html`<a href="${input.browser}">All answers side by side</a>`}
      </p>
      ${runningBanner(results)} ${notice && html`<p class="warning" role="status">${notice}</p>`}
      <p class="lead">${headline(results)}</p>
      ${reading.main.map((regime) => html`${regime.aligned && html`<h2>${regime.aligned}</h2>`}${facts(regime)}`)}
      ${warnings} ${failures(whole.results)}
      ${
        matrix &&
        html`<h2>All regimes</h2>
          ${warnings} ${matrix}`
      }
      ${worst?.html} ${reading.regimes.map((regime) => regimeSection(input, regime, codes))}
      ${(input.sections ?? []).map((section) => section.html)} ${fidelitySection(results)}
      ${runSection(whole.results, config)} ${readingSection(results)} ${stampSection(results)}
    </main>`,
  })
}
