/** How the questions of this package show a request and its answer. */

export const shownTexts = `<request>
{prompt}
</request>

<answer>
{completion}
</answer>`

/** Its marks; inside judged text they are broken up. */
export const shownMarks: ReadonlyArray<string> = ['<request>', '</request>', '<answer>', '</answer>']
