/**
 * The script's logic: what a form asks, what a stream of events says, who chose which part of a text, and text without its control
 * characters. Pure functions; nothing here touches the page.
 */
import { piecesScript } from '@safe/tensor-core/page'

export const logicScript = String.raw`
const logic = (() => {
  // requests
  const voices = ['draft', 'mixed', 'anchor'];
  /** The body of a request. A field that is empty is left out: the server's own value is used. */
  const bodyOf = (name, voice, { system, prompt, maxTokens, temperature, seed, alpha, beams, bridgeTokens, judge }) => {
    const own = {
      model: voice === 'mixed' ? name : name + '/' + voice,
      messages: [...(system.trim() === '' ? [] : [{ role: 'system', content: system }]), { role: 'user', content: prompt }],
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: maxTokens,
      temperature,
      seed,
      ...(voice === 'mixed' ? { alpha, beams, bridge_tokens: bridgeTokens, judge, alignbeam: true } : {}),
    };
    return Object.fromEntries(Object.entries(own).filter(([, value]) => value !== null));
  };
  /** The number in a field; null where it is empty. */
  const numberIn = text => text.trim() === '' || Number.isNaN(Number(text)) ? null : Number(text);
  const isSendable = key => /^[\x21-\x7e]*$/.test(key);

  // server-sent events: the data of those that are complete; what is not is kept for the next part
  const noEvents = { rest: '', data: [] };
  const eventsIn = (state, text) => {
    // A CR at the end may be the first half of CRLF.
    const lines = (state.rest + text).split(/\r\n|\n|\r(?=[^])/);
    const rest = lines.pop();
    const events = [];
    let data = state.data;
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) events.push(data.join('\n'));
        data = [];
      } else if (line.startsWith('data:')) data = [...data, line.slice(line[5] === ' ' ? 6 : 5)];
    }
    return { state: { rest, data }, events };
  };

  // answers: a fold over events
  const noAnswer = { text: '', tokens: [], finish: null, usage: null, account: null, error: null, isComplete: false };
  const shortest = text => {
    const line = String(text).replace(/\s+/g, ' ').trim();
    return line.length > 400 ? line.slice(0, 397) + '...' : line;
  };
  const parsed = text => { try { return JSON.parse(text); } catch { return undefined; } };
  const isRecord = u => typeof u === 'object' && u !== null;
  const listOf = u => Array.isArray(u) ? u : [];
  const tokensOf = u => listOf(u).filter(t => isRecord(t) && typeof t.text === 'string' && typeof t.by === 'string');
  const accountOf = u => isRecord(u) && Array.isArray(u.beams) && isRecord(u.telemetry)
    ? { chosen: u.chosen, telemetry: u.telemetry, beams: u.beams.filter(b => isRecord(b) && typeof b.completion === 'string') }
    : null;
  const afterEvent = (answer, event) => {
    if (event === '[DONE]') return { ...answer, isComplete: true };
    const chunk = parsed(event);
    if (!isRecord(chunk)) return { ...answer, error: 'the server sent an event that is not JSON' };
    if (isRecord(chunk.error)) return { ...answer, error: shortest(chunk.error.message ?? 'the server failed') };
    const choice = listOf(chunk.choices)[0];
    const usage = isRecord(chunk.usage) ? chunk.usage : answer.usage;
    if (!isRecord(choice)) return { ...answer, usage };
    const account = accountOf(choice.alignbeam);
    const own = tokensOf(choice.alignbeam?.tokens);
    return {
      ...answer,
      usage,
      text: answer.text + (typeof choice.delta?.content === 'string' ? choice.delta.content : ''),
      // The last chunk repeats all tokens.
      tokens: account === null ? [...answer.tokens, ...own] : own,
      finish: choice.finish_reason ?? answer.finish,
      account: account ?? answer.account,
    };
  };
  /** A stream that ends without its end has been cut. */
  const afterEnd = answer => answer.isComplete || answer.error !== null
    ? answer : { ...answer, error: 'the connection ended before the answer did' };
  /** One line on a response that is not an answer. */
  const problemIn = (status, body) => {
    const json = parsed(body);
    const said = isRecord(json) && isRecord(json.error) && typeof json.error.message === 'string' ? json.error.message : '';
    return said === '' ? 'the server answered with status ' + status : shortest(said) + ' (' + status + ')';
  };

  // who chose which part of a text
  const isBroken = text => text.includes('�');
  /**
   * Parts of a text with the choosers of the tokens that they consist of. The parts together are the text, whatever the tokens are:
   * tokens that are parts of characters share one, and what no token explains has no chooser.
   */
  const partsOf = (text, tokens) => {
    const parts = [];
    let at = 0;
    let i = 0;
    const add = (end, by) => { if (end > at) parts.push({ text: text.slice(at, end), by }); at = end; };
    while (at < text.length && i < tokens.length) {
      const token = tokens[i];
      if (text.startsWith(token.text, at)) { add(at + token.text.length, [token.by]); i++; continue; }
      // The last token may reach beyond the text, where a stop string cut it.
      if (token.text.startsWith(text.slice(at))) { add(text.length, [token.by]); break; }
      // Up to the next whole token that stands further on.
      let next = i + 1;
      let end = -1;
      for (; next < tokens.length && end < 0; next++) {
        const whole = tokens[next].text;
        if (whole !== '' && !isBroken(whole)) { end = text.indexOf(whole, at); if (end >= 0) break; }
      }
      add(end < 0 ? text.length : end, [...new Set(tokens.slice(i, next).map(t => t.by))]);
      i = next;
    }
    add(text.length, []);
    return parts;
  };
  /** The anchor's weight in any token of a part decided the part. */
  const chooserOf = by => ['anchor', 'draft', 'both'].find(name => by.includes(name)) ?? 'unknown';
  /** Parts as they are shown: those that the draft chose alone are one where they are neighbours. */
  const shownParts = (text, tokens) => {
    const shown = [];
    for (const { text: own, by } of partsOf(text, tokens)) {
      const chooser = chooserOf(by);
      const last = shown.at(-1);
      if (last !== undefined && chooser === last.by && (chooser === 'draft' || chooser === 'unknown'))
        shown[shown.length - 1] = { ...last, text: last.text + own };
      else shown.push({ text: own, by: chooser });
    }
    return shown;
  };
  const countOf = tokens => Object.fromEntries(['anchor', 'both', 'draft'].map(by => [by, tokens.filter(t => t.by === by).length]));

  // text
${piecesScript}
  return {
    voices, bodyOf, numberIn, isSendable, noEvents, eventsIn, noAnswer, afterEvent, afterEnd, problemIn,
    partsOf, shownParts, countOf, pieces,
  };
})();
`
