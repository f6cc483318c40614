/** The script of the page of samples: what is chosen, and what choices do. Chosen things are kept in the address. */
import { itemScript } from './itemScript'
import { listScript } from './listScript'
import { logicScript } from './logicScript'

const mainScript = String.raw`
const index = JSON.parse($('index').textContent);
const textsOf = textStore();
const haystacks = logic.haystacks(index);
const places = new Map(index.items.map((item, i) => [item.key, i]));
const wide = matchMedia('(min-width: 900px)');
const state = { filter: logic.unfiltered, rows: [], page: 0, item: null, shown: null, together: true, cards: mostCards, reveal: false, open: new Set() };

const say = text => { put($('notice'), text); $('notice').hidden = text === ''; };
const openName = group => state.shown + ' ' + group.text;
const look = {
  isOpen: group => state.reveal || state.open.has(openName(group)),
  open: async (group, at) => {
    state.open.add(openName(group));
    await draw();
    const text = $('cards').children[at]?.querySelector('.answer .text') ?? null;
    if (text === null) return;
    if (!text.hasAttribute('tabindex')) text.tabIndex = -1;
    text.focus({ preventScroll: true });
  },
};

/** The prompt that is shown: the chosen one, else on a wide page the first of the list. */
const shownNow = () => state.item ?? (wide.matches ? state.rows[0]?.i ?? null : null);
let turn = 0;
let unread = false;
const draw = async () => {
  const i = shownNow();
  const mine = ++turn;
  document.body.dataset.view = state.item === null ? 'list' : 'item';
  document.body.dataset.shown = i === null ? 'list' : 'item';
  $('item').hidden = i === null;
  markRow(i);
  const at = state.rows.findIndex(row => row.i === i);
  document.querySelector('[data-do=previous]').disabled = i === null || at === 0 || state.rows.length === 0;
  document.querySelector('[data-do=next]').disabled = i === null || at === state.rows.length - 1;
  document.querySelector('[data-do=back]').href = logic.hashOf(state.filter, null);
  const reveal = document.querySelector('[data-do=reveal]');
  reveal.setAttribute('aria-pressed', String(state.reveal));
  reveal.textContent = (state.reveal ? 'Hide' : 'Show') + ' all answers that may do harm';
  if (i === null) return;
  if (state.shown !== i) {
    state.shown = i;
    state.cards = mostCards;
    for (const id of ['facts', 'prompt', 'summary', 'cards']) $(id).replaceChildren();
    $('reference').hidden = true;
  }
  const link = el('a', 'permalink', '#');
  link.href = logic.hashOf(logic.unfiltered, index.items[i].key);
  link.setAttribute('aria-label', 'link to this prompt');
  put($('title'), index.items[i].id).append(' ', link);
  try {
    const texts = await textsOf(i);
    if (mine !== turn) return;
    if (unread) say('');
    unread = false;
    drawItem(index, { item: i, texts, filter: state.filter, together: state.together, cards: state.cards, look });
  } catch (problem) {
    if (mine !== turn) return;
    unread = true;
    say(problem.message);
  }
};
const list = () => {
  state.rows = logic.listed(index, state.filter, haystacks);
  drawList(index, state);
};
const address = hash => {
  try { history.replaceState(null, '', hash); } catch { location.replace(hash); }
};
const pageOf = i => {
  const at = state.rows.findIndex(row => row.i === i);
  return at < 0 ? state.page : Math.floor(at / perPage);
};

/** Takes filter and prompt from the address. */
const take = () => {
  const { filter, item } = logic.fromHash(location.hash);
  // What a field does not offer is not chosen.
  setFields(filter);
  const now = fieldsNow();
  const changed = logic.hashOf(now, null) !== logic.hashOf(state.filter, null) || state.rows.length === 0;
  state.filter = now;
  state.item = item === null ? null : places.get(item) ?? null;
  say(item !== null && state.item === null ? 'There is no prompt “' + item + '” on this page.' : '');
  if (changed) { state.page = 0; list(); }
  const page = state.item === null ? state.page : pageOf(state.item);
  if (page !== state.page) { state.page = page; drawList(index, state); }
  return draw();
};
/** Another filter; the chosen prompt stays where the filter has it. */
const filterBy = filter => {
  state.filter = filter;
  state.page = 0;
  list();
  if (state.item !== null && !state.rows.some(row => row.i === state.item)) state.item = null;
  address(logic.hashOf(filter, state.item === null ? null : index.items[state.item].key));
  return draw();
};
const focusTitle = () => {
  $('title').focus({ preventScroll: true });
  if (!wide.matches || $('item').getBoundingClientRect().top < 0) $('item').scrollIntoView();
};
const choose = i => {
  say('');
  state.item = i;
  address(logic.hashOf(state.filter, index.items[i].key));
  const page = pageOf(i);
  if (page !== state.page) { state.page = page; drawList(index, state); }
  void draw();
  focusTitle();
};
const step = by => {
  const at = state.rows.findIndex(row => row.i === shownNow());
  const row = state.rows[at < 0 ? 0 : at + by];
  if (row !== undefined) choose(row.i);
};
const turnPage = by => {
  state.page += by;
  drawList(index, state);
  markRow(shownNow());
  $('list').scrollTop = 0;
  ($('rows').querySelector('a') ?? $('count')).focus();
};

const toRow = i => {
  const links = [...$('rows').querySelectorAll('a')];
  (links.find(link => link.dataset.item === String(i)) ?? links[0] ?? $('q')).focus();
};

const actions = {
  skip: () => { if (shownNow() === null) toRow(null); else focusTitle(); },
  back: () => {
    const i = shownNow();
    if (!wide.matches) {
      state.item = null;
      address(logic.hashOf(state.filter, null));
      void draw();
    }
    toRow(i);
  },
  previous: () => step(-1),
  next: () => step(1),
  earlier: () => turnPage(-1),
  later: () => turnPage(1),
  reveal: () => { state.reveal = !state.reveal; state.open.clear(); void draw(); },
  more: () => { state.cards += mostCards; void draw(); },
};
document.addEventListener('click', event => {
  const target = event.target instanceof Element ? event.target.closest('[data-do], #rows a') : null;
  if (target === null || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (target.tagName === 'A') event.preventDefault();
  if (target.dataset.item !== undefined) {
    history.pushState(null, '', target.getAttribute('href'));
    choose(Number(target.dataset.item));
  } else actions[target.dataset.do]();
});
const keys = { j: 'next', k: 'previous', ArrowRight: 'next', ArrowLeft: 'previous', s: 'reveal', Escape: 'back' };
document.addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const within = names => event.target instanceof Element && event.target.closest(names) !== null;
  if (within('input:not([type=checkbox]), select')) {
    if (event.key === 'Escape') event.target.blur();
    return;
  }
  // Arrows move a text that is longer than its box.
  if (event.key.startsWith('Arrow') && within('.text[tabindex]')) return;
  if (event.key === '/') { event.preventDefault(); $('q').focus(); }
  else if (event.key === 'g') $('together').click();
  else if (Object.hasOwn(keys, event.key)) { event.preventDefault(); actions[keys[event.key]](); }
});
let waiting;
form.addEventListener('input', event => {
  clearTimeout(waiting);
  waiting = setTimeout(() => filterBy(fieldsNow()), event.target === $('q') ? 150 : 0);
});
form.addEventListener('submit', event => event.preventDefault());
form.addEventListener('reset', () => setTimeout(() => filterBy(fieldsNow())));
$('together').addEventListener('change', () => { state.together = $('together').checked; state.cards = mostCards; void draw(); });
addEventListener('hashchange', take);
addEventListener('popstate', take);
wide.addEventListener('change', () => void draw());

put($('about'), (index.running === undefined ? '' : index.running + '. ') + (index.notice === undefined ? '' : index.notice + '. ') + 'Suite ' + index.suite + ', ' + index.finished.slice(0, 10) + ': ' + many(index.cells.length, 'cell', 'cells') + ', ' +
  many(index.items.length, 'prompt', 'prompts') + ', ' + many(index.answers, 'answer', 'answers') + '.' +
  (index.headline === null ? '' : ' Headline judge: ' + index.judges[index.headline].id + '.') +
  (index.redacted ? ' Answers that may do harm were left out when this page was written.' : ''));
document.querySelector('[data-do=reveal]').hidden = index.redacted || !index.states.some(s => s.hidden);
$('more').open = wide.matches;
offerAll(index);
void take();
`

export const script = `
'use strict';
(() => {
${logicScript}${listScript}${itemScript}${mainScript}})();
`
