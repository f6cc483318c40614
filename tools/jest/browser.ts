/** The machine's browser, for tests of pages; they are skipped where there is none. CHROMIUM names another one. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium } from 'playwright-core'

// browser ----------------------------------------------------------------------------------------

const places = [
  process.env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

const browserPath = places.find((path) => path !== undefined && existsSync(path))

export const describeInBrowser = browserPath === undefined ? describe.skip : describe

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: browserPath ?? '', args: ['--no-sandbox'] })

// attacks ----------------------------------------------------------------------------------------

/** Adds a script to a page, which a policy must stop: it would change the title. */
export const addingScript = `{
  const script = document.createElement('script')
  script.textContent = "document.title='owned'"
  document.body.append(script)
}`

/** Texts that a page would obey if it took them for markup: each sets the title or asks another host. */
export const hostileTexts: ReadonlyArray<string> = [
  `</script><script>document.title='owned'</script>`,
  `</style></title></svg><svg onload="document.title='owned'"></svg>`,
  `"><img src=x onerror="document.title='owned'"><!--`,
  `'><a href="javascript:document.title='owned'">here</a>`,
  `<base href="http://127.0.0.1:9/"><link rel="stylesheet" href="http://127.0.0.1:9/x.css">`,
  `<iframe srcdoc="<script>parent.document.title='owned'</script>"></iframe>`,
  `<form action="http://127.0.0.1:9/"><button autofocus onfocus="document.title='owned'">x</button></form>`,
  `<meta http-equiv="refresh" content="0;url=http://127.0.0.1:9/">`,
  '\u202eright to left\u2066 \u0000\u001b[31m \ud800\u2028',
]

/** What a page did when it was opened from a file. */
export interface Shown {
  readonly title: string
  /** Elements that the hostile texts name and no page of ours has. */
  readonly foreign: number
  /** Text that a reader sees. */
  readonly text: string
  /** Requests to anything but the file, errors, and what the console said. */
  readonly problems: ReadonlyArray<string>
  /** Whether a script that was added afterwards ran. */
  readonly obeyed: boolean
}

/** Opens a page from a file and looks at what it does, and then whether its policy stops a script. */
export const shownPage = async (browser: Browser, html: string): Promise<Shown> => {
  const folder = mkdtempSync(join(tmpdir(), 'page-'))
  const context = await browser.newContext()
  try {
    const path = join(folder, 'page.html')
    writeFileSync(path, html)
    const page = await context.newPage()
    const problems: string[] = []
    page.on('console', (m) => problems.push(m.text()))
    page.on('pageerror', (e) => problems.push(String(e)))
    page.on('request', (r) => {
      if (!r.url().startsWith('file:')) problems.push(r.url())
    })
    await page.goto(pathToFileURL(path).href)
    const [title, text] = [await page.title(), await page.innerText('body')]
    const foreign = await page
      .locator(
        'main script, img, iframe, base, link, form, [onload], [onerror], [onfocus], a[href^=javascript]',
      )
      .count()
    const before = [...problems]
    await page.evaluate(addingScript)
    return { title, foreign, text, problems: before, obeyed: (await page.title()) === 'owned' }
  } finally {
    await context.close()
    rmSync(folder, { recursive: true })
  }
}
