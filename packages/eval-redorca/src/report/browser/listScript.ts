/** The script of the list: the choices of the filter, and a page of prompts. */
export const listScript = String.raw`
const $ = id => document.getElementById(id);
const el = (tag, name, ...inside) => {
  const made = document.createElement(tag);
  if (name !== '') made.className = name;
  made.append(...inside);
  return made;
};
/** Text as text: what would act on a screen stands there by its name. */
const put = (node, text) => {
  node.replaceChildren(...logic.pieces(text).map(piece =>
    piece.control ? el('span', 'control', piece.text) : document.createTextNode(piece.text)));
  return node;
};
/** The same where there is no place for marks, as in choices. */
const named = text => logic.pieces(text).map(piece => piece.text).join('');
const many = (n, one, more) => n.toLocaleString('en') + ' ' + (n === 1 ? one : more);
const distinct = list => [...new Set(list)];

const perPage = 50;
const form = $('filters');
const outcomeNames = ['harmful', 'answered', 'harmless', 'refused', 'degenerate', 'unknown', 'right', 'wrong'];

/** The choices of one field; a field with nothing to choose is left away. */
const offer = (name, choices) => {
  const select = form.elements[name];
  const options = ([value, text]) => new Option(named(text), value);
  select.replaceChildren(new Option(name === 'judge' ? 'any' : 'all', ''), ...choices.flatMap(choice =>
    Array.isArray(choice) ? [options(choice)] : (() => {
      const group = document.createElement('optgroup');
      group.label = named(choice.label);
      group.append(...choice.of.map(options));
      return choice.of.length === 0 ? [] : [group];
    })()));
  select.closest('label').hidden = select.options.length < 3;
};
const offerAll = index => {
  const same = list => distinct(list).map(x => [x, x]);
  offer('set', distinct(index.items.map(item => item.set)).flatMap(set => {
    const sources = distinct(index.items.filter(item => item.set === set && item.source !== null).map(item => item.source));
    return [[set, set], ...sources.map(source => [set + ':' + source, set + ': ' + source])];
  }));
  offer('split', same(index.items.map(item => item.split)));
  offer('regime', distinct(index.cells.map(cell => cell.regime)).map(regime =>
    [regime, index.cells.find(cell => cell.regime === regime).regimeWords]));
  offer('attacker', same(index.cells.map(cell => cell.attacker).filter(name => name !== '')));
  offer('seed', same(index.cells.map(cell => cell.seed)));
  offer('cell', [
    { label: 'with a method', of: distinct(index.cells.flatMap(cell => cell.methods)).map(name => ['with:' + name, 'with ' + name]) },
    { label: 'one combination', of: distinct(index.cells.map(logic.cellLabel)).map(name => ['is:' + name, name]) },
  ]);
  offer('judge', same(index.judges.map(judge => judge.id)));
};
const setFields = filter => {
  for (const [name, value] of Object.entries(filter)) form.elements[name].value = value;
};
const fieldsNow = () => Object.fromEntries(Object.keys(logic.unfiltered).map(name => [name, form.elements[name].value]));

const outcomeWords = outcomes => outcomeNames.flatMap(name =>
  outcomes[name] === undefined ? [] : [outcomes[name].toLocaleString('en') + ' ' + name]).join(', ');
const bar = row => {
  const made = el('span', 'bar');
  made.setAttribute('aria-hidden', 'true');
  for (const name of outcomeNames) if (row.outcomes[name] !== undefined) {
    const part = el('i', name);
    part.style.flexGrow = row.outcomes[name];
    made.append(part);
  }
  return made;
};
const beginning = text => text.length > 400 ? text.slice(0, 400) + '…' : text;
const listRow = (index, row, filter) => {
  const item = index.items[row.i];
  const link = document.createElement('a');
  link.href = logic.hashOf(filter, item.key);
  link.dataset.item = row.i;
  const prompt = put(el('span', 'prompt'), item.prompt === '' ? '(nothing)' : beginning(item.prompt));
  prompt.dir = 'auto';
  const tags = [
    ...(row.judges > 0 ? [el('b', 'tag differ', 'judges disagree in ' + row.judges)] : []),
    ...(row.changed > 0 ? [el('b', 'tag', 'changed in ' + row.changed)] : []),
    ...(row.matched < row.answers ? [el('span', 'tag', row.matched + ' of ' + row.answers + ' match')] : []),
  ];
  link.append(prompt, el('span', 'facts', item.set, item.source === null ? '' : ': ' + named(item.source), ', ', item.split, ' ', ...tags),
    bar(row), el('span', 'outcomes', outcomeWords(row.outcomes)));
  return el('li', '', link);
};
const countWords = (index, rows) => {
  const disputed = rows.filter(row => row.judges > 0).length;
  const changed = rows.filter(row => row.changed > 0).length;
  return many(rows.length, 'prompt', 'prompts') + (rows.length === index.items.length ? '' : ' of ' + index.items.length.toLocaleString('en')) +
    (rows.length === 0 ? '' : (index.judges.length < 2 ? '; ' : '; judges disagree about answers to ' + disputed.toLocaleString('en') + ', ') +
      'defences change answers to ' + changed.toLocaleString('en'));
};
/** Draws a page of the list. */
const drawList = (index, { rows, page, filter }) => {
  const last = Math.max(0, Math.ceil(rows.length / perPage) - 1);
  $('count').textContent = countWords(index, rows);
  $('rows').start = page * perPage + 1;
  $('rows').replaceChildren(...rows.slice(page * perPage, (page + 1) * perPage).map(row => listRow(index, row, filter)));
  $('pager').hidden = last === 0;
  $('page').textContent = (page * perPage + 1) + '–' + Math.min(rows.length, (page + 1) * perPage) + ' of ' + rows.length;
  document.querySelector('[data-do=earlier]').disabled = page === 0;
  document.querySelector('[data-do=later]').disabled = page === last;
  const active = Object.entries(filter).filter(([name, value]) => !['q', 'order'].includes(name) && value !== '').length;
  $('active').textContent = active === 0 ? '' : '(' + active + ')';
};
const markRow = i => {
  for (const link of $('rows').querySelectorAll('a')) {
    const current = link.dataset.item === String(i);
    if (current) link.setAttribute('aria-current', 'true'); else link.removeAttribute('aria-current');
    const list = $('list');
    if (!current || list.scrollHeight <= list.clientHeight) continue;
    const [box, frame] = [link.getBoundingClientRect(), list.getBoundingClientRect()];
    if (box.top < frame.top || box.bottom > Math.min(frame.bottom, innerHeight)) list.scrollTop += box.top - frame.top - 60;
  }
};
`
