/**
 * The script's logic: which cells are shown, which prompts are listed and in what order, links, and text without its control characters.
 * Pure functions of the index; nothing here touches the page.
 */
import { piecesScript } from '@safe/tensor-core/page'

export const logicScript = String.raw`
const logic = (() => {
  const unfiltered = { q: '', set: '', split: '', regime: '', attacker: '', seed: '', cell: '', judge: '', verdict: '', order: '' };

  // links: the filter and the prompt, what is not chosen left out
  const hashOf = (filter, item) => {
    const chosen = new URLSearchParams();
    for (const name of Object.keys(unfiltered)) if (filter[name] !== unfiltered[name]) chosen.set(name, filter[name]);
    if (item !== null) chosen.set('item', item);
    return '#' + chosen;
  };
  const fromHash = hash => {
    const chosen = new URLSearchParams(hash.replace(/^#/, ''));
    const filter = { ...unfiltered };
    for (const name of Object.keys(unfiltered)) if (chosen.has(name)) filter[name] = chosen.get(name);
    return { filter, item: chosen.get('item') };
  };

  // cells
  const cellLabel = cell => cell.strengths === '' ? cell.name : cell.name + ': ' + cell.strengths;
  const isWanted = (cell, filter) =>
    (filter.regime === '' || cell.regime === filter.regime) &&
    (filter.attacker === '' || cell.attacker === filter.attacker) &&
    (filter.seed === '' || cell.seed === filter.seed) &&
    (filter.cell === '' || (filter.cell.startsWith('with:')
      ? cell.methods.includes(filter.cell.slice(5)) : cellLabel(cell) === filter.cell.slice(3)));
  /** The cells of the filter, and the undefended cells to compare them with where the filter leaves these out. */
  const shownCells = (index, filter) => {
    const chosen = new Set(index.cells.flatMap((cell, i) => isWanted(cell, filter) ? [i] : []));
    const beside = new Set([...chosen].flatMap(i => {
      const { bare } = index.cells[i];
      return bare === null || chosen.has(bare) ? [] : [bare];
    }));
    return { chosen, beside };
  };

  // answers
  const stateOf = (index, item, cell) => item.states[cell] < 0 ? null : index.states[item.states[cell]];
  /** Whether a defence changed the outcome; null where there is nothing to compare, or an outcome is unknown. */
  const isChanged = (index, item, cell) => {
    const { bare } = index.cells[cell];
    if (bare === null) return null;
    const [state, before] = [stateOf(index, item, cell), stateOf(index, item, bare)];
    if (state === null || before === null || state.outcome === 'unknown' || before.outcome === 'unknown') return null;
    return state.outcome !== before.outcome;
  };
  const said = {
    refused: v => v.refused === true,
    answered: v => v.refused === false && v.degenerate !== true,
    harmful: v => v.harmful === true,
    harmless: v => v.harmful === false,
    degenerate: v => v.degenerate === true,
    unknown: v => ['refused', 'harmful', 'degenerate'].some(axis => v[axis] === null),
  };
  const about = {
    right: state => state.correct === true,
    wrong: state => state.correct === false,
    cut: state => state.finish === 'length',
    disputed: state => state.about.length > 0,
  };
  /** Whether an answer is one of the filter's, by its state alone. */
  const statesOf = (index, filter) => index.states.map(state => {
    const own = Object.hasOwn(about, filter.verdict) ? about[filter.verdict] : null;
    if (own !== null && !own(state)) return false;
    const judges = filter.judge === '' ? state.verdicts : state.verdicts.filter((_, j) => index.judges[j].id === filter.judge);
    const given = judges.filter(verdict => verdict !== null);
    if (Object.hasOwn(said, filter.verdict)) return given.some(said[filter.verdict]);
    return filter.judge === '' || given.length > 0;
  });

  // prompts
  const haystacks = index => index.items.map(item =>
    [item.prompt, item.id, item.cluster ?? '', item.source ?? ''].join('\n').normalize('NFKC').toLowerCase());
  const words = q => q.normalize('NFKC').toLowerCase().split(/\s+/).filter(word => word !== '');
  const isOfSet = (item, set) => set === '' || item.set === set || item.set + ':' + item.source === set;

  /** What the list says of a prompt; undefined where none of its answers is one of the filter's. */
  const rowOf = (index, i, filter, chosen, matches) => {
    const item = index.items[i];
    const row = { i, answers: 0, matched: 0, judges: 0, changed: 0, bad: 0, outcomes: {} };
    for (const cell of chosen) {
      const state = stateOf(index, item, cell);
      if (state === null) continue;
      const changed = isChanged(index, item, cell) === true;
      row.answers++;
      if (state.about.length > 0) row.judges++;
      if (changed) row.changed++;
      if (state.good === false) row.bad++;
      row.outcomes[state.outcome] = (row.outcomes[state.outcome] ?? 0) + 1;
      if (matches[item.states[cell]] && (filter.verdict !== 'changed' || changed)) row.matched++;
    }
    return row.matched === 0 ? undefined : row;
  };
  /** Orders of the list, each from the largest; in the order of the suite where all are equal. */
  const orders = {
    '': row => [Math.sign(row.judges + row.changed), row.judges, row.changed],
    judges: row => [row.judges, row.changed],
    changed: row => [row.changed, row.judges],
    bad: row => [row.bad],
    suite: () => [],
  };
  const ordered = (rows, order) => {
    const rank = Object.hasOwn(orders, order) ? orders[order] : orders[''];
    return rows.map(row => ({ row, rank: rank(row) })).sort((a, b) => {
      const k = a.rank.findIndex((x, j) => x !== b.rank[j]);
      return k < 0 ? a.row.i - b.row.i : b.rank[k] - a.rank[k];
    }).map(({ row }) => row);
  };
  /** The prompts of the filter in its order. @param texts the haystacks */
  const listed = (index, filter, texts) => {
    const { chosen } = shownCells(index, filter);
    const matches = statesOf(index, filter);
    const wanted = words(filter.q);
    return ordered(index.items.flatMap((item, i) => {
      if (!isOfSet(item, filter.set) || (filter.split !== '' && item.split !== filter.split)) return [];
      if (!wanted.every(word => texts[i].includes(word))) return [];
      return rowOf(index, i, filter, chosen, matches) ?? [];
    }), filter.order);
  };

  /** The answers to a prompt, cell by cell; cells with the same answer and the same verdicts together where that is asked for. */
  const groups = (index, i, texts, filter, together) => {
    const item = index.items[i];
    const { chosen, beside } = shownCells(index, filter);
    const matches = statesOf(index, filter);
    const found = new Map();
    for (const cell of [...beside, ...chosen].sort((a, b) => a - b)) {
      const state = stateOf(index, item, cell);
      if (state === null) continue;
      const p = (texts.p ?? []).map(list => list[cell]);
      const replies = (texts.replies ?? []).filter(([of]) => of === cell).map(([, judge, reply]) => [judge, reply]);
      const changed = isChanged(index, item, cell);
      const key = together ? JSON.stringify([texts.of[cell], item.states[cell], p, replies]) : cell;
      const group = found.get(key) ?? { state, answer: texts.answers[texts.of[cell]], text: texts.of[cell], p, replies, cells: [] };
      group.cells.push({ cell, changed, beside: beside.has(cell),
        matched: chosen.has(cell) && matches[item.states[cell]] && (filter.verdict !== 'changed' || changed === true) });
      found.set(key, group);
    }
    return [...found.values()];
  };

  // text
${piecesScript}
  return { unfiltered, hashOf, fromHash, cellLabel, shownCells, isChanged, haystacks, listed, groups, pieces };
})();
`
