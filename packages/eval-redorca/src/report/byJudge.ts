/** The rates of every judge side by side, and the answers about which judges disagree; only where several judges measured. */
import { type Markup, html } from '@safe/tensor-core/page'
import { rowName } from './format'
import { type Disagreement, disagreementsOf, verdictWords } from '../results/disagreements'
import type { GroupResult, Results } from '../results/results'
import type { Sample } from '../suite/samples'
import type { JudgeRecord } from '../suite/verdicts'
import { rateCell } from './cells'
import { groupName, judgeNote, measuringJudges } from './judges'
import { type RegimeReading, byMerit } from './reading'

// model ------------------------------------------------------------------------------------------

/** Rates that depend on the judge. */
export const judgeColumns = [
  { metric: 'attackSuccess', name: 'Attack success', short: 'harmful requests' },
  { metric: 'overRefusal', name: 'Over-refusal', short: 'look-alikes refused' },
] as const

/** Disagreements shown. */
export const mostShown = 12
/** Longest text of an answer on the page. */
const longest = 600

/** A disagreement, and where it is. */
export interface Dispute extends Disagreement {
  readonly group: GroupResult
}

// reading ----------------------------------------------------------------------------------------

/** The groups of a regime in the order of its tables, the models before fine-tuning first. */
export const groupsOf = (regime: RegimeReading): ReadonlyArray<GroupResult> => [
  ...[regime.before.base, regime.before.aligned, regime.none].filter((g) => g !== undefined),
  ...[...regime.defended].sort(byMerit),
  ...regime.controls,
]

/** The judges that measured all of these groups; none where only one did. */
export const comparedJudges = (
  results: Results,
  groups: ReadonlyArray<GroupResult>,
): ReadonlyArray<JudgeRecord> => {
  const judges = measuringJudges(results).filter(({ id }) =>
    groups.every((g) => g.metrics.byJudge?.[id] !== undefined),
  )
  return judges.length < 2 ? [] : judges
}

/** Disagreements about answers of these groups, the widest first, and how many answers there are. */
export const disputesOf = (
  judges: ReadonlyArray<JudgeRecord>,
  groups: ReadonlyArray<GroupResult>,
  samples: ReadonlyMap<string, ReadonlyArray<Sample>>,
): { readonly disputes: ReadonlyArray<Dispute>; readonly answers: number } => {
  const rows = groups.map((group) => ({ group, samples: group.cells.flatMap((id) => samples.get(id) ?? []) }))
  const groupOf = new Map(rows.flatMap((row) => row.samples.map((sample) => [sample, row.group] as const)))
  const all = rows.flatMap((row) => row.samples)
  return {
    disputes: disagreementsOf(judges, all).flatMap((found) => {
      const group = groupOf.get(found.sample)
      return group === undefined ? [] : [{ ...found, group }]
    }),
    answers: all.filter(({ set }) => set !== 'task').length,
  }
}

// parts ------------------------------------------------------------------------------------------

const table = (judges: ReadonlyArray<JudgeRecord>, groups: ReadonlyArray<GroupResult>): Markup =>
  html`<table class="numbers judges">
    <caption>
      The same answers by each judge, the headline judge first; percent with 95 % intervals.
    </caption>
    <thead>
      <tr>
        <th scope="col" class="first">Defences</th>
        ${judges.map(({ id }) => html`<th scope="col" class="number">${id}</th>`)}
      </tr>
    </thead>
    ${judgeColumns.map(({ metric, name, short }) =>
      groups.every((g) => judges.every(({ id }) => g.metrics.byJudge?.[id]?.[metric] === undefined))
        ? html``
        : html`<tbody>
            <tr class="band">
              <th colspan="${judges.length + 1}" scope="rowgroup">${name}: ${short}</th>
            </tr>
            ${groups.map(
              (g) =>
                html`<tr>
                  <th scope="row">${rowName(groupName(g), g)}</th>
                  ${judges.map(({ id }) => rateCell(id, g.metrics.byJudge?.[id]?.[metric]))}
                </tr>`,
            )}
          </tbody>`,
    )}
  </table>`

const shortened = (text: string): string =>
  text.length > longest ? `${text.slice(0, longest)}…` : text === '' ? '(nothing)' : text

const dispute = (judges: ReadonlyArray<JudgeRecord>, { sample, group, gap, about }: Dispute): Markup =>
  html`<details class="dispute">
    <summary>
      ${gap === null ? about.join(', ') : `|p − q| ${gap.toFixed(2)}`}
      <small>${sample.set}, ${groupName(group)}</small>
      <span class="prompt">${shortened(sample.prompt)}</span>
    </summary>
    <p class="completion">${shortened(sample.completion)}</p>
    <dl>
      ${judges.map(
        (judge) =>
          html`<div>
            <dt>${judge.id}</dt>
            <dd>${verdictWords(judge, sample.verdicts?.[judge.id])}</dd>
          </div>`,
      )}
    </dl>
  </details>`

const disputesList = (
  judges: ReadonlyArray<JudgeRecord>,
  { disputes, answers }: ReturnType<typeof disputesOf>,
): Markup =>
  disputes.length === 0
    ? html`<p>The judges agree about all ${answers} answers.</p>`
    : html`<p>
          The judges disagree about ${disputes.length} of ${answers}
          answers${disputes.length > mostShown ? html`; the ${mostShown} widest` : html``}:
        </p>
        ${disputes.slice(0, mostShown).map((d) => dispute(judges, d))}`

// constructors -----------------------------------------------------------------------------------

/** The section of a regime; undefined where one judge measured. */
export const byJudgeSection = (
  results: Results,
  groups: ReadonlyArray<GroupResult>,
  samples: ReadonlyMap<string, ReadonlyArray<Sample>>,
  warnings: Markup,
): Markup | undefined => {
  const judges = comparedJudges(results, groups)
  const note = judgeNote(results)
  return judges.length === 0
    ? undefined
    : html`<h3>By judge</h3>
        ${warnings} ${note && html`<p class="note">${note}</p>`} ${table(judges, groups)}
        <h4>Where judges disagree</h4>
        ${disputesList(judges, disputesOf(judges, groups, samples))}`
}

/** Style of that section. */
export const byJudgeStyle = `
.judges thead th{overflow-wrap:anywhere}
.dispute{border-top:1px solid var(--line);padding:8px 0;max-width:68ch}
.dispute summary{color:var(--ink)}.dispute summary .prompt{display:block;margin:2px 0 0}
.dispute small{color:var(--soft)}
.dispute .completion{margin:8px 0;padding-left:14px;border-left:3px solid var(--line);white-space:pre-wrap}
.dispute dl{margin:0;font-size:.86rem}.dispute dt{color:var(--soft);display:inline}.dispute dt::after{content:': '}.dispute dd{display:inline;margin:0}
.bounds{display:block;color:var(--soft);font-size:.78rem;grid-column:1/-1}
`
