/** The markup of the page. */
import { type Markup, html, raw } from '@safe/tensor-core/page'
import type { Voice } from '../contract'
import { mostBeams } from '../http/wanted'
import type { PageFacts } from './facts'

// form -------------------------------------------------------------------------------------------

const dial = ({ dial: { alpha, beams, bridgeTokens, judge }, hasJudge }: PageFacts): Markup =>
  html`<fieldset>
    <legend>Mixture</legend>
    <div class="alpha">
      <label for="slider"
        ><span>Alpha <small>weight of the anchor</small></span></label
      >
      <div class="row">
        <span aria-hidden="true">draft</span>
        <input type="range" id="slider" min="0" max="1" step="0.01" value="${alpha}" />
        <span aria-hidden="true">anchor</span>
        <input
          type="number"
          id="alpha"
          min="0"
          max="1"
          step="any"
          value="${alpha}"
          required
          aria-label="Alpha as a number"
        />
      </div>
    </div>
    <label
      >Beams <input type="number" id="beams" min="1" max="${mostBeams}" value="${beams}" required
    /></label>
    <label>Bridge tokens <input type="number" id="bridge" min="1" value="${bridgeTokens}" required /></label>
    ${
      hasJudge
        ? html`<label class="check"
            ><input type="checkbox" id="judge" ${raw(judge ? 'checked' : '')} /> judge chooses the beam</label
          >`
        : undefined
    }
  </fieldset>`

const sampling = ({ maxTokens, seed }: PageFacts): Markup =>
  html`<fieldset>
    <legend>All three</legend>
    <label>Max tokens <input type="number" id="tokens" min="1" value="${maxTokens}" required /></label>
    <label
      >Temperature <input type="number" id="temperature" min="0" max="2" step="any" value="0" required
    /></label>
    <label>Seed <input type="number" id="seed" step="1" value="${seed}" /></label>
  </fieldset>`

const form = (facts: PageFacts): Markup =>
  html`<form id="form" autocomplete="off">
    <label
      >Prompt <textarea id="prompt" rows="3" required autofocus spellcheck="false" dir="auto"></textarea>
    </label>
    <label
      ><span>System prompt <small>optional</small></span>
      <textarea id="system" rows="1" spellcheck="false" dir="auto"></textarea>
    </label>
    <div class="settings">${dial(facts)}${sampling(facts)}</div>
    ${
      facts.keyed
        ? html`<label class="key"
            ><span>Key <small>of this server; kept until the page is closed</small></span>
            <input type="password" id="key" autocomplete="off" spellcheck="false"
          /></label>`
        : undefined
    }
    <div class="buttons">
      <button type="submit" id="ask">Ask</button>
      <button type="button" id="stop" disabled>Stop</button>
      <span id="status" role="status"></span>
    </div>
    <p id="problem" class="notice" role="alert" hidden></p>
    <p id="stale" class="notice" role="status" hidden>
      The prompt or its settings have changed since the answers below were asked for.
    </p>
  </form>`

// answers ----------------------------------------------------------------------------------------

/** @param more stands below the answer */
const column = (voice: Voice, title: string, about: string, more?: Markup): Markup =>
  html`<section class="column" id="${voice}" aria-labelledby="${voice}-title">
    <h2 id="${voice}-title"><span class="${voice}">${title}</span> <small>${about}</small></h2>
    <div
      id="${voice}-text"
      class="text"
      dir="auto"
      tabindex="0"
      role="region"
      aria-label="${title} answer"
    ></div>
    <p id="${voice}-problem" class="notice" role="alert" hidden></p>
    <p id="${voice}-facts" class="facts"></p>
    ${more}
  </section>`

const account = html`<div id="account" hidden>
  <p id="counts" class="facts"></p>
  <dl id="telemetry"></dl>
  <details id="beamsbox">
    <summary id="beamcount">All beams</summary>
    <ol id="beamlist"></ol>
  </details>
</div>`

const legend = html`<details class="legend">
  <summary>
    Marks of the mixed answer: <span class="anchor">the anchor's choice</span>
    <span class="both">both agree</span> <span class="draft">the draft alone</span>
  </summary>
  <p>
    The first tokens of an answer, the bridge, are chosen from the mixture of both models.
    <b class="anchor">Double underline</b>: the anchor's weight decided, the draft prefers another token.
    <b class="both">Dotted underline</b>: the mixture's choice is the draft's own.
    <span class="draft">No underline</span>: the draft alone, after the bridge or where no token of the anchor
    could be carried over (a fall-back). A mark ends where its token ends.
  </p>
  <p>
    <b>Mapped mass</b>: share of the anchor's probability that the draft's vocabulary can take, mean over
    steps. <b>Agreement</b>: share of steps on which the mixture's first token is the draft's own.
    <b>Fall-backs</b>: steps that the draft decided alone. <b>Steps</b>: mixed steps of all beams.
    <b>Support</b>: tokens that could be chosen, mean over steps. <b>Harm</b>: the judge's score, 1 to 5.
  </p>
  <p>
    Boxed names in a text stand for control characters, which do nothing here. <kbd>Ctrl</kbd>+<kbd
      >Enter</kbd
    >
    asks, <kbd>Esc</kbd> stops.
  </p>
</details>`

// constructors -----------------------------------------------------------------------------------

export const bodyOf = (facts: PageFacts): Markup =>
  html`<main>
    <header>
      <h1>${facts.name}</h1>
      <p class="about">
        One prompt, answered by the draft alone, by draft and anchor together, and by the anchor alone. Moving
        alpha asks for the mixed answer anew.
      </p>
      <noscript><p class="notice">This page needs its script.</p></noscript>
    </header>
    ${form(facts)}${legend}
    <div class="columns">
      ${column('draft', 'Draft', 'alone')}${column('mixed', 'Mixed', 'draft and anchor', account)}${column(
        'anchor',
        'Anchor',
        'alone',
      )}
    </div>
  </main>`
