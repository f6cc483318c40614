/** What a report says while cells are missing because the run goes on or was stopped. */
import { type Markup, html } from '@safe/tensor-core/page'
import { duration } from '../plan/duration'
import type { Results } from '../results/results'
import type { Running } from '../results/running'

// words ------------------------------------------------------------------------------------------

/** `Running: 12 of 40 cells, about 25 min left`; `Stopped at 12 of 40 cells; the same command continues`. */
export const runningLine = ({ done, cells, secondsLeft, stopped }: Running): string =>
  stopped === true
    ? `Stopped at ${done} of ${cells} cells; the same command continues`
    : `Running: ${done} of ${cells} cells, about ${duration(secondsLeft)} left`

const leftOutLine = ({ leftOut = 0 }: Running): string =>
  leftOut === 0
    ? ''
    : `${leftOut} finished ${leftOut === 1 ? 'cell is' : 'cells are'} of a seed that is not complete yet, and left out below.`

/** The sentences of the banner; none where the results are complete. */
export const runningSentences = ({
  running,
  finished,
}: Pick<Results, 'running' | 'finished'>): ReadonlyArray<string> =>
  running === undefined
    ? []
    : [
        `${runningLine(running)}.`,
        leftOutLine(running),
        `Written ${finished.slice(0, 16).replace('T', ' ')} UTC; what is missing below is not computed yet.`,
      ].filter((sentence) => sentence !== '')

// the page ---------------------------------------------------------------------------------------

export const runningBanner = (results: Pick<Results, 'running' | 'finished'>): Markup => {
  const [first, ...others] = runningSentences(results)
  return first === undefined
    ? html``
    : html`<p class="running" role="status"><b>${first}</b> ${others.join(' ')}</p>`
}

export const runningStyle = `
.running{border-left:3px solid var(--accent);background:var(--tint);padding:8px 14px;margin:18px 0;max-width:none}
`

/** Milliseconds between reloads. */
const reloadMs = 30_000

/** Loads the page again while it is as it was loaded: not scrolled, nothing opened, sorted, focused or selected. */
const reloading = `
setInterval(()=>{
  const touched=scrollY>0||document.querySelector('details[open],th[aria-sort]')!==null||
    document.activeElement!==document.body||!getSelection().isCollapsed;
  if(!touched)location.reload();
},${reloadMs});
`

/** The script of a page whose run goes on; empty once it has ended or was stopped. */
export const reloadScript = ({ running }: Pick<Results, 'running'>): string =>
  running === undefined || running.stopped === true ? '' : reloading
