/**
 * What a package's index offers: every exported name with its doc comment and its declaration as TypeScript itself prints it,
 * gathered by the file it stands in. One file is one concept, so its top comment opens the group.
 */
import { resolve } from 'node:path'
import ts from 'typescript'

/** One program over all entries, as the packages' own type check sees them. */
export const openProgram = (root, entries) => {
  const { config } = ts.readConfigFile(resolve(root, 'tsconfig.base.json'), ts.sys.readFile)
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root)
  return ts.createProgram({
    rootNames: entries.map((entry) => resolve(root, entry)),
    options: {
      ...options,
      declaration: true,
      emitDeclarationOnly: true,
      noEmit: false,
      stripInternal: true,
      outDir: resolve(root, 'reference-declarations'),
    },
  })
}

// comments ---------------------------------------------------------------------------------------

const blocks = (text, from) =>
  (ts.getLeadingCommentRanges(text, from) ?? [])
    .map(({ pos, end }) => text.slice(pos, end))
    .filter((comment) => comment.startsWith('/**'))

/** Text of a `/** ... *\/` comment without its stars. */
const prose = (comment) =>
  comment
    .slice(3, -2)
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
    .join('\n')
    .trim()

/** The code of `@example`, between its fences. */
const exampleCode = (text) => /^```ts\n([\s\S]*?)\n```$/m.exec(text)?.[1]

/** `@param x ...`, `@returns ...` and `@example ...` apart from what stands before them. */
const taggedComment = (comment) => {
  const [body = '', ...tags] = prose(comment).split(/(?:^|\s)@(?=(?:param|returns|example)\b)/)
  return {
    body: body.trim(),
    parameters: tags
      .flatMap((tag) => /^param\s+(\S+)\s+([\s\S]*)$/.exec(tag) ?? [])
      .reduce((pairs, part, i, all) => (i % 3 === 1 ? [...pairs, [part, all[i + 1].trim()]] : pairs), []),
    returns: tags
      .flatMap((tag) => /^returns\s+([\s\S]*)$/.exec(tag)?.[1] ?? [])
      .join('\n')
      .trim(),
    examples: tags
      .filter((tag) => tag.startsWith('example'))
      .flatMap((tag) => exampleCode(tag.slice('example'.length)) ?? []),
  }
}

/** The comment at the top of a file; it belongs to the file even where no import stands between it and the first declaration. */
const fileComment = (source) => {
  const [first] = blocks(source.text, 0)
  return first === undefined ? '' : prose(first)
}

const commentOf = (source, statement) => {
  const found = blocks(source.text, statement.pos)
  const own = statement.pos === 0 ? found.slice(1) : found
  return own.length === 0 ? undefined : taggedComment(own.at(-1))
}

// declarations -----------------------------------------------------------------------------------

const statementOf = (node) =>
  ts.isVariableDeclaration(node) ? node.parent.parent : ts.isStatement(node) ? node : statementOf(node.parent)

const isPlainData = (node) =>
  ts.isLiteralExpression(node) ||
  node.kind === ts.SyntaxKind.TrueKeyword ||
  node.kind === ts.SyntaxKind.FalseKeyword ||
  node.kind === ts.SyntaxKind.NullKeyword ||
  (ts.isPrefixUnaryExpression(node) && isPlainData(node.operand)) ||
  (ts.isAsExpression(node) && isPlainData(node.expression)) ||
  (ts.isArrayLiteralExpression(node) && node.elements.every(isPlainData)) ||
  (ts.isObjectLiteralExpression(node) &&
    node.properties.every((p) => ts.isPropertyAssignment(p) && isPlainData(p.initializer)))

/** Constants that hold plain data are shown with it: defaults are what a reader looks for. */
const LONGEST_DATA = 1500
const dataText = (node) =>
  ts.isVariableDeclaration(node) && node.initializer !== undefined && isPlainData(node.initializer)
    ? node.getText().length <= LONGEST_DATA
      ? `const ${node.getText()}`
      : undefined
    : undefined

/** Declarations of a file as the compiler writes them to its .d.ts, by name. */
const declarationsOf = (program, source) => {
  let text = ''
  program.emit(
    source,
    (name, content) => {
      if (name.endsWith('.d.ts')) text = content
    },
    undefined,
    true,
  )
  const emitted = ts.createSourceFile('declarations.d.ts', text, ts.ScriptTarget.ES2022, true)
  const found = new Map()
  for (const statement of emitted.statements) {
    const names = ts.isVariableStatement(statement)
      ? statement.declarationList.declarations.map((d) => d.name.getText())
      : statement.name === undefined
        ? []
        : [statement.name.getText()]
    // Without leading comments: they are rendered as prose. Those of members stay where they are.
    const own = emitted.text
      .slice(statement.getStart(emitted, false), statement.end)
      .replace(/^export /, '')
      .replaceAll(/import\("[^"]*"\)\./g, '')
    for (const name of names) found.set(name, [...(found.get(name) ?? []), own])
  }
  return found
}

/** Names of types and values that a declaration mentions, in the order of their first mention. */
const mentioned = (declaration) => {
  const names = new Set()
  const visit = (node) => {
    if (ts.isTypeReferenceNode(node)) names.add(node.typeName.getText().split('.').at(-1))
    if (ts.isTypeQueryNode(node)) names.add(node.exprName.getText().split('.').at(-1))
    if (ts.isExpressionWithTypeArguments(node)) names.add(node.expression.getText())
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile('one.ts', declaration, ts.ScriptTarget.ES2022, true))
  return [...names]
}

const kindOf = (node) =>
  ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)
    ? 'type'
    : ts.isClassDeclaration(node)
      ? 'class'
      : 'value'

/** The last of our own files that a name goes through on its way to where it is declared. */
const ownPlace = (checker, exported) => {
  let [symbol, place] = [exported, exported.declarations[0]]
  while ((symbol.flags & ts.SymbolFlags.Alias) !== 0) {
    symbol = checker.getImmediateAliasedSymbol(symbol)
    const node = symbol?.declarations?.[0]
    if (
      node === undefined ||
      ts.isSourceFile(node) ||
      node.getSourceFile().fileName.includes('/node_modules/')
    )
      return { node: place, foreign: true, name: exported.name }
    place = node
  }
  return { node: place, foreign: false, name: symbol.name }
}

/**
 * The exports of one entry: `[{ comment, symbols: [{ name, declaration, mentions, comment }] }]`, one element per file, in the
 * order in which the entry names the files.
 */
export const exportsOf = (program, root, entry) => {
  const checker = program.getTypeChecker()
  const index = program.getSourceFile(resolve(root, entry))
  const printed = new Map()
  const groups = new Map()
  for (const exported of checker.getExportsOfModule(checker.getSymbolAtLocation(index))) {
    const { node, foreign, name } = ownPlace(checker, exported)
    const source = node.getSourceFile()
    const statement = statementOf(node)
    if (!printed.has(source)) {
      printed.set(source, declarationsOf(program, source))
      groups.set(source, { comment: source === index ? '' : fileComment(source), symbols: [] })
    }
    const declaration = foreign ? undefined : (dataText(node) ?? printed.get(source).get(name)?.join('\n'))
    groups.get(source).symbols.push({
      name: exported.name,
      kind: kindOf(node),
      declaration,
      mentions: declaration === undefined ? [] : mentioned(declaration),
      comment: foreign ? undefined : commentOf(source, statement),
      // A file that begins with the declaration itself has one comment for both.
      describedByFile: foreign || statement.pos === 0,
      at: node.pos,
    })
  }
  return [...groups.values()].map((group) => ({
    comment: group.comment,
    symbols: group.symbols.sort((a, b) => a.at - b.at),
  }))
}

export const entryComment = (program, root, entry) => fileComment(program.getSourceFile(resolve(root, entry)))
