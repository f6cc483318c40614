/** The text of `config.json`. */

/** Fields that transformers 5 takes only as floats: 50.0, where JavaScript writes 50. */
const floats = /^(\s*"(?:attn|final)_logit_softcapping": \d+)(?=,?$)/gm

/** Indented by two, with a line's end. */
export const configText = (json: Readonly<Record<string, unknown>>): string =>
  `${JSON.stringify(json, null, 2).replace(floats, '$1.0')}\n`
