/** What a page holds cannot run. */

/** JSON that cannot end the element it stands in. */
export const inert = (u: unknown): string =>
  JSON.stringify(u).replace(/[<\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
