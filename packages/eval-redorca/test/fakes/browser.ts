/** The machine's browser, for tests of pages; they are skipped where there is none. CHROMIUM names another one. */
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const places = [
  process.env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

export const browserPath = places.find((path) => path !== undefined && existsSync(path))

export const describeInBrowser = browserPath === undefined ? describe.skip : describe

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: browserPath ?? '', args: ['--no-sandbox'] })

/** Adds a script to a page, which a policy must stop: it would change the title. */
export const addingScript = `{
  const script = document.createElement('script')
  script.textContent = "document.title='owned'"
  document.body.append(script)
}`
