/** The script of one column: an answer with who chose which part, how it came about, and all its beams. Texts are set as text. */
export const drawScript = String.raw`
const $ = id => document.getElementById(id);
const el = (tag, name, ...inside) => {
  const made = document.createElement(tag);
  if (name !== '') made.className = name;
  made.append(...inside);
  return made;
};
/** Text as text: what would act on a screen stands there by its name. */
const shown = text => logic.pieces(text).map(piece =>
  piece.control ? el('span', 'control', piece.text) : document.createTextNode(piece.text));
const many = (n, one, more) => n.toLocaleString('en') + ' ' + (n === 1 ? one : more);
const rounded = x => typeof x === 'number' ? x.toLocaleString('en', { maximumFractionDigits: 3 }) : '–';
const percent = x => typeof x === 'number' ? Math.round(x * 100) + ' %' : '–';

const chooserWords = {
  draft: 'the draft alone chose this',
  both: 'draft and anchor chose this together: the draft prefers it too',
  anchor: "the anchor's weight chose this: the draft prefers another token",
  unknown: 'who chose this is not known',
};
const part = ({ text, by }) => {
  const span = el('span', by, ...shown(text));
  span.title = chooserWords[by];
  return span;
};

const finishWords = { stop: 'ended by itself', length: 'cut at the limit of tokens' };
const factsOf = (answer, took) => [
  typeof answer.usage?.completion_tokens === 'number' ? many(answer.usage.completion_tokens, 'token', 'tokens') : null,
  finishWords[answer.finish] ?? null,
  took,
].filter(fact => fact !== null).join(', ');

/** The mixed answer in words: what its marks say, without marks. */
const countWords = tokens => {
  const { anchor, both, draft } = logic.countOf(tokens);
  return 'Chosen by the anchor: ' + many(anchor, 'token', 'tokens') + '; by both: ' + both + '; by the draft: ' + draft + '.';
};
const drawTelemetry = ({ telemetry }) => $('telemetry').replaceChildren(...[
  ['mapped mass', rounded(telemetry.mappedMass)],
  ['agreement', percent(telemetry.agreement)],
  ['fall-backs', rounded(telemetry.fallbacks)],
  ['steps', rounded(telemetry.steps)],
  ['support', rounded(telemetry.support)],
].map(([name, value]) => el('div', '', el('dt', '', name), el('dd', '', value))));

const drawBeams = ({ chosen, beams }) => {
  $('beamcount').textContent = many(beams.length, 'beam', 'beams') +
    (chosen === null ? ', none returned' : '');
  $('beamlist').replaceChildren(...beams.map(({ completion, verdict }, i) => {
    const text = el('div', 'text', ...shown(completion));
    text.dir = 'auto';
    const facts = (i === chosen ? 'returned, ' : '') + (typeof verdict === 'number' ? 'harm ' + rounded(verdict) + ' of 5' : 'not judged');
    return el('li', i === chosen ? 'chosen' : '', el('p', 'facts', facts), text);
  }));
};

/** @param run what is known of a request: its answer, whether it runs, what became of it, how long it took */
const drawColumn = (voice, { answer, isRunning, outcome, took }) => {
  const text = $(voice + '-text');
  const parts = voice === 'mixed' && answer.tokens.length > 0 ? logic.shownParts(answer.text, answer.tokens) : null;
  text.replaceChildren(...(parts === null ? shown(answer.text) : parts.map(part)));
  text.setAttribute('aria-busy', String(isRunning));
  text.classList.toggle('waiting', isRunning && answer.text === '');
  const isDone = outcome === 'answered' || outcome === 'stopped';
  text.classList.toggle('nothing', isDone && answer.text === '');
  $(voice + '-facts').textContent = outcome === 'answered' ? factsOf(answer, took) : outcome === 'stopped' ? 'stopped' : isRunning ? 'answering' : '';
  const problem = $(voice + '-problem');
  problem.replaceChildren(...(answer.error === null ? [] : shown(answer.error)));
  problem.hidden = answer.error === null;
  if (voice !== 'mixed') return;
  $('account').hidden = answer.account === null;
  if (answer.account === null) return;
  $('counts').textContent = countWords(answer.tokens);
  drawTelemetry(answer.account);
  drawBeams(answer.account);
};
`
