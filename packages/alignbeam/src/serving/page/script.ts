/** The script of the page: asks the server, and asks anew for the mixed answer alone where a setting of the mixture was moved. */
import { drawScript } from './drawScript'
import { logicScript } from './logicScript'

const mainScript = String.raw`
const { name, keyed } = JSON.parse($('facts').textContent);
const form = $('form');
/** Settings that decide the mixed answer alone. */
const dials = ['alpha', 'beams', 'bridge', 'judge'];
const pauseBeforeAsking = 350;
const titles = { draft: 'Draft', mixed: 'Mixed', anchor: 'Anchor' };

// state
const idle = { answer: logic.noAnswer, isRunning: false, outcome: null, took: null, controller: null };
const runs = { draft: idle, mixed: idle, anchor: idle };
/** What was asked last, and the key that was sent; null before. */
let asked = null;

const isAnyRunning = () => logic.voices.some(voice => runs[voice].isRunning);
const say = text => { $('status').textContent = text; };
const complain = text => {
  $('problem').textContent = text;
  $('problem').hidden = text === '';
};

// drawing: once per frame while an answer grows
const waiting = new Set();
const drawSoon = voice => {
  if (waiting.has(voice)) return;
  waiting.add(voice);
  requestAnimationFrame(() => { waiting.delete(voice); drawColumn(voice, runs[voice]); });
};
const drawButtons = () => {
  const { activeElement } = document;
  const isRunning = isAnyRunning();
  // The focus must not be lost with the button.
  if (!isRunning && activeElement === $('stop')) $('ask').focus();
  $('stop').disabled = !isRunning;
};
const change = (voice, controller, next) => {
  // Another request has taken the place of this one.
  if (runs[voice].controller !== controller) return false;
  runs[voice] = { ...runs[voice], ...next };
  return true;
};

// asking
const read = async (response, onAnswer) => {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let answer = logic.noAnswer;
  let state = logic.noEvents;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return logic.afterEnd(answer);
    const found = logic.eventsIn(state, value);
    state = found.state;
    answer = found.events.reduce(logic.afterEvent, answer);
    onAnswer(answer);
  }
};
const ending = () => {
  const open = logic.voices.filter(voice => runs[voice].isRunning);
  const failed = logic.voices.filter(voice => runs[voice].outcome === 'failed');
  drawButtons();
  say(open.length > 0 ? open.map(voice => titles[voice]).join(' and ') + (open.length === 1 ? ' is' : ' are') + ' still answering.'
    : failed.length > 0 ? 'No answer: ' + failed.map(voice => titles[voice]).join(', ') + '.'
    : logic.voices.some(voice => runs[voice].outcome === 'stopped') ? 'Stopped.' : 'All have answered.');
};
const ask = async (voice, settings, key) => {
  const controller = new AbortController();
  runs[voice].controller?.abort();
  runs[voice] = { ...idle, isRunning: true, controller };
  drawButtons();
  drawColumn(voice, runs[voice]);
  const begun = performance.now();
  const end = next => {
    if (!change(voice, controller, { ...next, isRunning: false })) return;
    drawColumn(voice, runs[voice]);
    ending();
  };
  try {
    // Relative: a proxy may serve all of it below a path.
    const response = await fetch('v1/chat/completions', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key === '' ? {} : { authorization: 'Bearer ' + key }) },
      body: JSON.stringify(logic.bodyOf(name, voice, settings)),
      signal: controller.signal,
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
    });
    if (!response.ok) {
      const error = logic.problemIn(response.status, await response.text());
      end({ outcome: 'failed', answer: { ...logic.noAnswer, error } });
      return;
    }
    const answer = await read(response, answer => { if (change(voice, controller, { answer })) drawSoon(voice); });
    const took = ((performance.now() - begun) / 1000).toFixed(1) + ' s';
    end({ outcome: answer.error === null ? 'answered' : 'failed', answer, took });
  } catch {
    if (controller.signal.aborted) end({ outcome: 'stopped' });
    else end({ outcome: 'failed', answer: { ...runs[voice].answer, error: 'the server cannot be reached' } });
  }
};

// the form
const field = id => logic.numberIn($(id).value);
const dialNow = () => ({
  alpha: field('alpha'), beams: field('beams'), bridgeTokens: field('bridge'), judge: $('judge') === null ? null : $('judge').checked,
});
const settingsNow = () => ({
  system: $('system').value, prompt: $('prompt').value, maxTokens: field('tokens'), temperature: field('temperature'), seed: field('seed'), ...dialNow(),
});
const keyNow = () => keyed ? $('key').value.trim() : '';

let timer;
const askAll = () => {
  clearTimeout(timer);
  const key = keyNow();
  if (!logic.isSendable(key)) { complain('the key has characters that no key has'); $('key').focus(); return; }
  complain('');
  asked = { settings: settingsNow(), key };
  $('stale').hidden = true;
  say('All three are answering.');
  for (const voice of logic.voices) void ask(voice, asked.settings, key);
};
const askMixed = () => {
  if (asked === null || !dials.every(id => $(id) === null || $(id).checkValidity())) return;
  asked = { ...asked, settings: { ...asked.settings, ...dialNow() } };
  say('The mixed answer is asked for anew.');
  void ask('mixed', asked.settings, asked.key);
};
const stop = () => {
  clearTimeout(timer);
  for (const voice of logic.voices) runs[voice].controller?.abort();
};

form.addEventListener('submit', event => { event.preventDefault(); askAll(); });
form.addEventListener('input', event => {
  const { id } = event.target;
  // The slider and the number show the same.
  if (id === 'slider') $('alpha').value = $('slider').value;
  if (id === 'alpha' && $('alpha').checkValidity()) $('slider').value = $('alpha').value;
  if (asked === null) return;
  if (id === 'slider' || dials.includes(id)) {
    clearTimeout(timer);
    timer = setTimeout(askMixed, pauseBeforeAsking);
  } else if (id !== 'key') $('stale').hidden = false;
});
$('stop').addEventListener('click', stop);
document.addEventListener('keydown', event => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && !event.repeat) { event.preventDefault(); form.requestSubmit(); }
  else if (event.key === 'Escape' && isAnyRunning()) stop();
});
drawButtons();
`

export const script = `
'use strict';
(() => {
${logicScript}${drawScript}${mainScript}})();
`
