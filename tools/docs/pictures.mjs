/**
 * The pictures of the README, in docs/images.
 *
 *     npm start 2>&1 | tee start.log
 *     node tools/docs/pictures.mjs --log start.log
 *     node tools/docs/pictures.mjs --report docs/example-report/report.html
 *
 * `start.svg` is the text of a real run in the frame of a terminal: its first and last lines, where `...` stands for the progress in
 * between. The folder of the checkout is shown as `~/safe`, and npm's own lines are left out; nothing else is changed.
 *
 * `report.png` is the top of a report. It needs playwright-core (a development dependency) and a Chromium: that of CHROMIUM, else
 * /usr/bin/chromium.
 */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

const target = join('docs', 'images')
const largest = 150_000
const { values } = parseArgs({ options: { log: { type: 'string' }, report: { type: 'string' } } })

// the terminal -----------------------------------------------------------------------------------

const columns = 108
const [size, advance, leading, margin, bar] = [13, 7.8, 19, 16, 30]
const colours = { page: '#0d1117', frame: '#30363d', text: '#e6edf3', dim: '#9198a1', prompt: '#3fb950' }

/** Words of a line in lines of at most `columns` characters. */
const wrapped = (line) => {
  const lines = ['']
  for (const word of line.split(' ')) {
    const last = lines.at(-1)
    if (last !== '' && last.length + 1 + word.length > columns) lines.push(word)
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`
  }
  return lines
}

/** The lines shown of a run's log: progress in the middle is left out. */
const shown = (log) => {
  const report = /^(\/.*)\/redorca-results\/report\.html$/m.exec(log)
  if (report === null)
    throw new Error(`${values.log}: ends with no report; give the log of a finished npm start`)
  const lines = log
    .slice(0, report.index + report[0].length)
    .replaceAll(report[1], '~/safe')
    .split('\n')
    .filter((line) => !line.startsWith('> '))
    .join('\n')
    .trim()
    .split('\n')
  const isProgress = (line) => line.startsWith('benchmark: ')
  const progress = lines.filter(isProgress)
  const kept = [...progress.slice(3, 6), progress.at(-1)]
  const text = lines.flatMap((line) =>
    !isProgress(line)
      ? [line]
      : !kept.includes(line)
        ? []
        : line === progress.at(-1)
          ? ['...', line]
          : [line],
  )
  return [{ text: '$ npm start', colour: colours.prompt }].concat(
    text.flatMap((line) =>
      wrapped(line).map((part) => ({
        text: part,
        colour: isProgress(line) || line === '...' ? colours.dim : colours.text,
      })),
    ),
  )
}

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** Every line is stretched to its number of columns, so that any monospaced font fits. */
const terminal = (lines) => {
  const [width, height] = [columns * advance + 2 * margin, bar + lines.length * leading + 1.5 * margin]
  const row = ({ text, colour }, i) =>
    text === ''
      ? ''
      : `<text x="${margin}" y="${bar + margin + i * leading}" fill="${colour}" textLength="${(text.length * advance).toFixed(1)}" lengthAdjust="spacingAndGlyphs" xml:space="preserve">${escaped(text)}</text>`
  const dots = ['#ff5f57', '#febc2e', '#28c840'].map(
    (fill, i) => `<circle cx="${margin + 4 + 18 * i}" cy="${bar / 2 + 2}" r="5.5" fill="${fill}"/>`,
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="A terminal that runs npm start" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${size}">`,
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="9" fill="${colours.page}" stroke="${colours.frame}"/>`,
    ...dots,
    ...lines.map(row).filter((line) => line !== ''),
    '</svg>\n',
  ].join('\n')
}

// the report -------------------------------------------------------------------------------------

/** The top of the page as a reader of a light desktop sees it. */
const screenshot = async (page, path) => {
  const { chromium } = await import('playwright-core')
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  })
  const tab = await browser.newPage({ viewport: { width: 1000, height: 900 }, colorScheme: 'light' })
  await tab.goto(pathToFileURL(resolve(page)).href)
  await tab.screenshot({ path })
  await browser.close()
}

// output -----------------------------------------------------------------------------------------

if (values.log === undefined && values.report === undefined)
  throw new Error('give --log FILE, the output of npm start, or --report FILE.html')
mkdirSync(target, { recursive: true })
const written = []
if (values.log !== undefined) {
  written.push(join(target, 'start.svg'))
  writeFileSync(written.at(-1), terminal(shown(readFileSync(values.log, 'utf8'))))
}
if (values.report !== undefined) {
  written.push(join(target, 'report.png'))
  await screenshot(values.report, written.at(-1))
}
for (const file of written) {
  const { size: bytes } = statSync(file)
  process.stdout.write(`${file}: ${bytes} bytes\n`)
  if (bytes > largest) throw new Error(`${file} is larger than ${largest} bytes`)
}
