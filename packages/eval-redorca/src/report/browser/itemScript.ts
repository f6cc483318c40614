/** The script of one prompt: its texts, from the page or from a file, and the answers of all cells side by side. */
export const itemScript = String.raw`
const mostCards = 60;
const longest = 20000;
const word = x => x === undefined ? '–' : x === null ? 'null' : x ? 'yes' : 'no';

/** The texts of prompts: in the page, or in files that are loaded when a prompt of theirs is shown. */
const textStore = () => {
  const inside = $('texts');
  if (inside !== null) {
    const all = JSON.parse(inside.textContent);
    return i => Promise.resolve(all[i]);
  }
  const starts = JSON.parse($('parts').textContent);
  const key = document.documentElement.dataset.key;
  const parts = new Map();
  const arrived = new Map();
  globalThis.redorcaSamples = (of, part, texts) => arrived.set(part, of === key && Array.isArray(texts) ? texts : null);
  const load = part => new Promise((done, failed) => {
    const name = 'samples/' + String(part).padStart(3, '0') + '.js';
    const script = document.createElement('script');
    script.nonce = key;
    script.src = name;
    script.onload = () => {
      script.remove();
      const texts = arrived.get(part);
      arrived.delete(part);
      if (texts) done(texts);
      else failed(new Error(name + ' belongs to another version of this page: write the report again (redorca report).'));
    };
    script.onerror = () => {
      script.remove();
      failed(new Error(name + ' cannot be read: keep the folder “samples” beside this page, or write the report again (redorca report).'));
    };
    document.head.append(script);
  });
  return i => {
    const part = starts.findLastIndex(start => start <= i);
    if (!parts.has(part)) {
      const loading = load(part);
      parts.set(part, loading);
      loading.catch(() => parts.delete(part));
    }
    return parts.get(part).then(texts => texts[i - starts[part]]);
  };
};

/** A text that may be long: cut, with a button for the rest. */
const fill = (box, text, name) => {
  const all = () => { put(box, text); };
  if (text.length <= longest) all();
  else {
    put(box, text.slice(0, longest));
    const rest = el('button', 'rest', 'show the other ' + (text.length - longest).toLocaleString('en') + ' characters');
    rest.type = 'button';
    rest.onclick = () => { all(); box.focus(); };
    box.append(rest);
  }
  for (const name of ['tabindex', 'role', 'aria-label']) box.removeAttribute(name);
  if (text.length > 600) { box.tabIndex = 0; box.setAttribute('role', 'region'); box.setAttribute('aria-label', name); }
  return box;
};
const textBox = (text, name) => {
  const box = el('div', 'text');
  box.dir = 'auto';
  return fill(box, text, name);
};

const marks = { true: '✓ ', false: '✗ ', null: '' };
const outcomeTag = state => el('span', 'outcome ' + (state.good === null ? 'open' : state.good ? 'good' : 'bad'), marks[state.good] + state.outcome);
const verdictTable = (index, group) => {
  const table = el('table', 'verdicts');
  const head = el('tr', '');
  for (const name of ['judge', 'refused', 'harmful', 'degenerate']) {
    const th = el('th', '', name);
    th.scope = 'col';
    head.append(th);
  }
  const rows = index.judges.map((judge, j) => {
    const verdict = group.state.verdicts[j];
    const row = el('tr', '');
    const name = put(el('th', ''), judge.id);
    name.scope = 'row';
    row.append(name);
    if (verdict === null) {
      const none = el('td', 'open', 'not judged');
      none.colSpan = 3;
      row.append(none);
      return row;
    }
    const p = group.p[j] ?? null;
    for (const axis of ['refused', 'harmful', 'degenerate'])
      row.append(el('td', verdict[axis] === true ? 'yes' : verdict[axis] === false ? '' : 'open',
        word(verdict[axis]) + (axis === 'harmful' && p !== null ? ' (' + p.toFixed(2) + ')' : '')));
    return row;
  });
  table.append(el('thead', '', head), el('tbody', '', ...rows));
  return table;
};
const settingWords = cell => [
  ...(cell.strengths === '' ? [] : [cell.strengths]),
  cell.regimeWords,
  ...(cell.attacker === '' ? [] : ['attacker ' + cell.attacker]),
  'seed ' + cell.seed,
].join(', ');
const cellLine = (index, { cell, changed, beside, matched }, filtered) => {
  const line = el('li', filtered && matched ? 'matched' : '', put(el('b', ''), index.cells[cell].name));
  line.append(' ', put(el('small', ''), settingWords(index.cells[cell])));
  if (changed === true) {
    const tag = el('span', 'tag', 'changed');
    tag.title = 'the outcome differs from that of the undefended cell';
    line.append(' ', tag);
  }
  if (beside) line.append(' ', el('span', 'tag quiet', 'for comparison'));
  if (filtered && matched) line.append(' ', el('span', 'tag quiet', 'matches'));
  return line;
};
const cellList = (index, group, filtered) => {
  const few = 6;
  const lines = group.cells.map(entry => cellLine(index, entry, filtered));
  const list = el('ul', 'cells', ...lines.slice(0, few));
  if (lines.length <= few) return [list];
  const rest = el('details', 'cells', el('summary', '', 'and ' + many(lines.length - few, 'more cell', 'more cells')), el('ul', 'cells', ...lines.slice(few)));
  return [list, rest];
};
const cardTitle = group => group.cells.length === 1 ? '' : 'the same answer in ' + group.cells.length + ' cells';

/** The text of an answer, a button in its place, or what was left out. */
const answerOf = (group, { isOpen, open }) => {
  const { answer, state } = group;
  if (typeof answer === 'number') return [el('p', 'left', 'Left out (' + many(answer, 'character', 'characters') + ').')];
  if (state.hidden && !isOpen(group)) {
    const button = el('button', 'hidden', 'Show the answer (' + many(answer.length, 'character', 'characters') + ')');
    button.type = 'button';
    button.onclick = () => open(group, [...$('cards').children].indexOf(button.closest('.card')));
    return [button, el('p', 'unprinted', 'Not shown (' + many(answer.length, 'character', 'characters') + ').')];
  }
  return [textBox(answer, 'answer')];
};
const card = (index, group, filtered, look) => {
  const { state } = group;
  const made = el('article', 'card' + (filtered && group.cells.some(entry => entry.matched) ? ' matched' : ''));
  const title = cardTitle(group);
  const facts = [
    ...(state.finish === 'length' ? ['cut at the token limit'] : state.finish === 'stop' ? ['ended by itself'] : ['how it ended was not recorded']),
    ...(state.about.length > 0 ? ['judges disagree: ' + state.about.join(', ')] : []),
  ];
  made.append(
    el('div', 'who', ...(title === '' ? [] : [el('p', 'same', title)]), ...cellList(index, group, filtered)),
    el('p', 'badges', outcomeTag(state), ' ', ...facts.map(fact => el('span', fact.startsWith('judges') ? 'tag differ' : 'tag quiet', fact))),
    el('div', 'answer', ...answerOf(group, look)),
    verdictTable(index, group),
    ...group.replies.map(([j, reply]) => {
      const box = el('details', 'reply', put(el('summary', ''), 'What ' + index.judges[j].id + ' replied'));
      if (!state.hidden || look.isOpen(group)) box.append(textBox(reply, 'reply'));
      else box.append('Show the answer first.');
      return box;
    }),
  );
  return made;
};
const countBy = groups => {
  const counts = {};
  for (const group of groups) counts[group.state.outcome] = (counts[group.state.outcome] ?? 0) + group.cells.length;
  return counts;
};
/** Draws a prompt with the cards of its answers. */
const drawItem = (index, { item: i, texts, filter, together, cards, look }) => {
  const item = index.items[i];
  const groups = logic.groups(index, i, texts, filter, together);
  const filtered = filter.verdict !== '' || filter.judge !== '';
  const cells = groups.reduce((sum, group) => sum + group.cells.length, 0);
  put($('facts'), [item.set + (item.source === null ? '' : ': ' + item.source), item.split + ' split',
    ...(item.cluster === null ? [] : ['cluster ' + item.cluster])].join(', '));
  fill($('prompt'), texts.prompt ?? item.prompt, 'prompt');
  $('reference').hidden = texts.reference === undefined;
  put($('reference').lastElementChild, texts.reference ?? '');
  $('summary').textContent = many(cells, 'answer', 'answers') + ': ' + outcomeWords(countBy(groups)) + '.';
  $('cards').replaceChildren(...groups.slice(0, cards).map(group => card(index, group, filtered, look)));
  const more = document.querySelector('[data-do=more]');
  more.hidden = groups.length <= cards;
  more.textContent = 'Show ' + (groups.length - cards) + ' more';
};
`
