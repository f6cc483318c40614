/** One reference page as Markdown: a section per file (its top comment says the concept), an entry per exported name. */

/** GitHub's anchor of a heading. */
const anchor = (heading) =>
  heading
    .toLowerCase()
    .replaceAll('`', '')
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')

/** What Markdown would take for HTML, emphasis or a link is escaped; code spans stay as they are. */
export const plain = (text) =>
  text
    .split(/(`[^`]*`)/)
    .map((part, i) =>
      i % 2 === 1
        ? part
        : part
            .replaceAll(/[\\<*]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, (c) => `\\${c}`)
            .replaceAll('](', ']\\('),
    )
    .join('')

/** Lines that are indented hold a formula or a picture: a code block. */
const prose = (text) =>
  text
    .split(/\n\s*\n/)
    .flatMap((paragraph) => {
      const out = []
      for (const line of paragraph.split('\n')) {
        const kind = /^\s{2,}\S/.test(line) ? 'code' : 'text'
        const last = out.at(-1)
        if (last?.kind === kind) last.lines.push(line)
        else out.push({ kind, lines: [line] })
      }
      return out
    })
    .map(({ kind, lines }) =>
      kind === 'code'
        ? ['```text', ...lines.map((line) => line.replace(/^ {2}/, '')), '```'].join('\n')
        : lines.map(plain).join('\n'),
    )
    .join('\n\n')

const entryText = (symbol, link) => {
  const { comment } = symbol
  const mentions = symbol.mentions.filter((name) => name !== symbol.name).flatMap((name) => link(name) ?? [])
  return [
    `### \`${symbol.name}\``,
    ...(symbol.declaration === undefined ? [] : ['```typescript\n' + symbol.declaration + '\n```']),
    ...(comment === undefined || comment.body === '' ? [] : [prose(comment.body)]),
    ...(comment === undefined || comment.parameters.length === 0
      ? []
      : [
          comment.parameters
            .map(([name, text]) => `- \`${name}\`: ${plain(text.replace(/;$/, ''))}`)
            .join('\n'),
        ]),
    ...(comment === undefined || comment.returns === '' ? [] : [`Returns: ${plain(comment.returns)}`]),
    ...(comment?.examples ?? []).map((code) => '```typescript\n' + code + '\n```'),
    ...(mentions.length === 0 ? [] : [`See ${mentions.join(', ')}.`]),
  ].join('\n\n')
}

/**
 * @param page `{ title, comment, groups }`
 * @param placeOf name -> `{ page, file }` of the page that documents it
 */
export const pageText = (page, placeOf, linkTo) => {
  const link = (name) => {
    const place = placeOf(name, page)
    return place === undefined ? undefined : `[\`${name}\`](${linkTo(page, place)}#${anchor(name)})`
  }
  return [
    '<!-- Written by `npm run docs` from the doc comments of the sources: change those. -->',
    `# ${page.title}`,
    prose(page.comment),
    ...page.groups.map((group) =>
      [
        ...(group.comment === '' ? [] : [`---\n\n${prose(group.comment)}`]),
        ...group.symbols.map((symbol) => entryText(symbol, link)),
      ].join('\n\n'),
    ),
    '',
  ].join('\n\n')
}
