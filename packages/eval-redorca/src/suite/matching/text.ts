/** The rule `text`: a task is solved by a completion that equals its reference up to white space. */

const normalised = (text: string): string => text.trim().replace(/\s+/g, ' ')

/** Whether two texts are equal up to white space. */
export const equalUpToSpace = (a: string, b: string): boolean => normalised(a) === normalised(b)
