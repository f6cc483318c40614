/** The script of the labelling page. */
import { piecesScript } from '@safe/tensor-core/page'

/** Labels are kept in the browser under the hash of the rows; a row is complete when both questions are answered. */
export const script = `
'use strict';
(() => {
  const rows = JSON.parse(document.getElementById('rows').textContent);
  const store = 'redorca labels ' + document.documentElement.dataset.key;
  const axes = ['harmful', 'refused'];
  const $ = id => document.getElementById(id);
  ${piecesScript}
  /** Text as text: what would act on a screen, or cannot be seen, stands there by its name. */
  const shown = text => pieces(text).map(piece => {
    if (!piece.control) return document.createTextNode(piece.text);
    const span = document.createElement('span');
    span.className = 'control';
    span.textContent = piece.text;
    return span;
  });
  const state = { at: 0, labels: new Map(), skipped: new Set(), revised: new Set() };

  const labelOf = i => state.labels.get(i) || {};
  const question = i => axes.find(axis => labelOf(i)[axis] === undefined);
  const isDone = i => question(i) === undefined;
  const doneCount = () => rows.filter((_, i) => isDone(i)).length;
  const say = text => { $('notice').textContent = text; $('notice').hidden = text === ''; };

  const keep = () => {
    try {
      localStorage.setItem(store, JSON.stringify({
        at: state.at, labels: [...state.labels], skipped: [...state.skipped], revised: [...state.revised] }));
    } catch { say('This browser keeps nothing: save labels.jsonl before you close the page.'); }
  };
  const isLabel = x => x === 0 || x === 1 || x === undefined;
  const restore = () => {
    try {
      const kept = JSON.parse(localStorage.getItem(store));
      if (kept === null) return;
      const isRow = i => Number.isInteger(i) && i >= 0 && i < rows.length;
      for (const [i, label] of kept.labels)
        if (isRow(i) && axes.every(axis => isLabel(label[axis]))) state.labels.set(i, label);
      state.skipped = new Set(kept.skipped.filter(isRow));
      state.revised = new Set(kept.revised.filter(isRow));
      if (isRow(kept.at) || kept.at === rows.length) state.at = kept.at;
    } catch { /* nothing was kept, or not by this page */ }
  };

  const word = x => x === null || x === undefined ? 'not said' : x ? 'yes' : 'no';
  const cellOf = text => { const td = document.createElement('td'); td.textContent = text; return td; };
  const reveal = row => {
    $('defence').textContent = row.defence + ', ' + row.regime + ', seed ' + row.seed + ', ' + row.set;
    $('verdicts').replaceChildren(...Object.entries(row.verdicts).map(([judge, v]) => {
      const tr = document.createElement('tr');
      const p = typeof v.pHarmful === 'number' ? ' (' + v.pHarmful.toFixed(2) + ')' : '';
      tr.append(cellOf(judge), cellOf(word(v.harmful) + p), cellOf(word(v.refused)));
      return tr;
    }));
  };

  const show = () => {
    const i = state.at;
    const row = rows[i];
    const done = doneCount();
    $('progress').max = rows.length;
    $('progress').value = done;
    $('count').textContent = done + ' of ' + rows.length + ' labelled' +
      (state.skipped.size > 0 ? ', ' + state.skipped.size + ' skipped' : '');
    for (const id of ['item', 'ask']) $(id).hidden = row === undefined;
    $('end').hidden = row !== undefined;
    $('reveal').hidden = row === undefined || !isDone(i);
    document.querySelector('[data-do=back]').disabled = i === 0;
    document.querySelector('[data-do=skip]').disabled = row === undefined || isDone(i);
    document.querySelector('[data-do=clear]').disabled = row === undefined || !state.labels.has(i);
    $('next').disabled = row === undefined ? done === rows.length : !isDone(i);
    if (row === undefined) {
      $('summary').textContent = done + ' of ' + rows.length + ' rows are labelled. ' +
        (done === rows.length ? 'Save labels.jsonl.' : 'Next goes to the first row without a label; save labels.jsonl at any time.');
      return;
    }
    $('prompt').replaceChildren(...shown(row.prompt));
    $('completion').replaceChildren(...shown(row.completion));
    for (const axis of axes) {
      const box = $(axis);
      const value = labelOf(i)[axis];
      box.classList.toggle('current', question(i) === axis);
      for (const button of box.querySelectorAll('button')) {
        button.setAttribute('aria-pressed', String(value === (button.dataset.do === 'yes' ? 1 : 0)));
        button.disabled = isDone(i);
      }
    }
    if (isDone(i)) reveal(row); else { $('verdicts').replaceChildren(); $('defence').textContent = ''; }
  };

  const go = i => {
    state.at = Math.max(0, Math.min(rows.length, i));
    keep(); show();
    $('prompt').scrollTop = 0; $('completion').scrollTop = 0;
    if (state.at < rows.length) $('item').focus({ preventScroll: true });
  };
  const answer = (axis, value) => {
    const i = state.at;
    if (axis === undefined || rows[i] === undefined || isDone(i)) return;
    state.labels.set(i, { ...labelOf(i), [axis]: value });
    state.skipped.delete(i);
    keep(); show();
    if (isDone(i)) $('next').focus();
  };
  const clear = () => {
    if (!state.labels.has(state.at)) return;
    if (isDone(state.at)) state.revised.add(state.at);
    state.labels.delete(state.at);
    go(state.at);
  };
  const skip = () => {
    if (rows[state.at] === undefined || isDone(state.at)) return;
    state.labels.delete(state.at);
    state.skipped.add(state.at);
    go(state.at + 1);
  };
  const next = () => {
    if (rows[state.at] === undefined) {
      const open = rows.findIndex((_, i) => !isDone(i));
      if (open >= 0) go(open);
    } else if (isDone(state.at)) go(state.at + 1);
  };

  const saved = () => rows.flatMap((row, i) => {
    if (!isDone(i)) return [];
    const { id, cell, prompt, completion, ...rest } = row;
    return [JSON.stringify({ id, cell, prompt, completion, ...labelOf(i), ...rest,
      ...(state.revised.has(i) ? { revised: true } : {}) }) + '\\n'];
  }).join('');
  const save = () => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([saved()], { type: 'application/jsonl' }));
    link.download = 'labels.jsonl';
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  };
  const load = text => {
    const places = new Map(rows.map((row, i) => [JSON.stringify([row.cell, row.id, row.completion]), i]));
    let taken = 0, left = 0;
    for (const line of text.split('\\n')) {
      if (line.trim() === '') continue;
      let label;
      try { label = JSON.parse(line); } catch { left++; continue; }
      const i = label === null ? undefined : places.get(JSON.stringify([label.cell, label.id, label.completion]));
      if (i === undefined || axes.some(axis => label[axis] !== 0 && label[axis] !== 1)) { left++; continue; }
      state.labels.set(i, { harmful: label.harmful, refused: label.refused });
      state.skipped.delete(i);
      if (label.revised === true) state.revised.add(i);
      taken++;
    }
    say(taken + ' labels taken' + (left > 0 ? ', ' + left + ' lines are not labels of this page' : ''));
    const open = rows.findIndex((_, i) => !isDone(i));
    go(open < 0 ? rows.length : open);
  };

  const actions = {
    yes: () => answer(question(state.at), 1), no: () => answer(question(state.at), 0),
    back: () => go(state.at - 1), skip, clear, next, save,
  };
  const keys = { y: 'yes', n: 'no', b: 'back', s: 'skip', c: 'clear', d: 'save', Enter: 'next', ' ': 'next', ArrowLeft: 'back', ArrowRight: 'next' };
  document.addEventListener('click', event => {
    const button = event.target.closest('button[data-do]');
    if (button === null) return;
    const box = button.closest('fieldset');
    if (box === null) actions[button.dataset.do]();
    else answer(box.id, button.dataset.do === 'yes' ? 1 : 0);
  });
  document.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const isPress = event.key === 'Enter' || event.key === ' ';
    if (isPress && event.target.closest('button,input,summary') !== null) return;
    const name = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (name === undefined) return;
    event.preventDefault();
    actions[name]();
  });
  $('file').addEventListener('change', async event => {
    const [file] = event.target.files;
    if (file !== undefined) load(await file.text());
    event.target.value = '';
  });

  const line = (name, text) => { const div = document.createElement('div'); div.className = name; div.append(...shown(text)); div.dir = 'auto'; return div; };
  $('sheet').append(...rows.map(row => {
    const li = document.createElement('li');
    li.append(line('who', row.cell + ' ' + row.id), line('', row.prompt), line('', row.completion === '' ? '(nothing)' : row.completion),
      line('boxes', 'harmful  \\u2610 yes  \\u2610 no      refused  \\u2610 yes  \\u2610 no'));
    return li;
  }));

  restore();
  show();
  $('item').focus({ preventScroll: true });
})();
`
