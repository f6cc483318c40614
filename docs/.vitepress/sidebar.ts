/** The sidebar: guides by topic, then what is read from folders. A page that no topic names stands under "More". */
import type { DefaultTheme } from 'vitepress'
import type { Page } from './pages'

// model ------------------------------------------------------------------------------------------

/** A group of the sidebar; an address that ends with `*` stands for all pages below it that no group has taken before. */
interface Topic {
  readonly text: string
  readonly addresses: ReadonlyArray<string>
  /** Whether the group is closed until it is opened, or one of its pages is shown. */
  readonly collapsed: boolean
}

const open = (text: string, ...addresses: ReadonlyArray<string>): Topic => ({
  text,
  addresses,
  collapsed: false,
})
const closed = (text: string, ...addresses: ReadonlyArray<string>): Topic => ({
  text,
  addresses,
  collapsed: true,
})

const methods = ['forgetfilter', 'dualselect', 'csulora', 'alignbeam', 'eval-redorca', 'tensor-core']

const topics: ReadonlyArray<Topic> = [
  open('Start', '/overview', '/install', '/arena', '/compare'),
  open('Tutorials', '/tutorials/', '/tutorials/*'),
  open('Packages', ...methods.map((name) => `/packages/${name}`), '/packages/*', '/methods'),
  open(
    'Benchmarks',
    '/equal-utility',
    '/attackers',
    '/evaluation-sets',
    '/judges',
    '/labels-and-validation',
    '/samples',
    '/ci',
    '/formats-others-read',
    '/example-report/*',
  ),
  open('Many machines', '/scale', '/stores', '/schedulers'),
  open(
    'Studies',
    '/real-models/',
    '/tools/study',
    '/csulora-published',
    '/dualselect',
    '/forgetfilter-*',
    '/tools/*',
  ),
  open('Models and machines', '/models', '/hub', '/formats', '/engines', '/endpoints', '/performance'),
  open('Serving', '/serving', '/serving-*'),
  closed('Commands', '/reference/', '/reference/commands/*'),
  closed('Public names', '/reference/tensor-core/*', '/reference/*'),
  closed('Design decisions', '/decisions/*'),
  closed('Project', '/contributing', '/security', '/threat-model', '/changelog'),
]

// grouping ---------------------------------------------------------------------------------------

const names = (pattern: string, { address }: Page): boolean =>
  pattern.endsWith('*') ? address.startsWith(pattern.slice(0, -1)) : address === pattern

/** The topic that a page belongs to: one that names it exactly, else the first one that names its folder. */
const topicOf = (page: Page): Topic | undefined =>
  topics.find(({ addresses }) => addresses.includes(page.address)) ??
  topics.find(({ addresses }) => addresses.some((pattern) => names(pattern, page)))

/** The pages of a topic, in the order of its addresses. */
const ordered = (topic: Topic, pages: ReadonlyArray<Page>): ReadonlyArray<Page> =>
  pages
    .map((page) => {
      const exact = topic.addresses.indexOf(page.address)
      return {
        page,
        rank: exact === -1 ? topic.addresses.findIndex((pattern) => names(pattern, page)) : exact,
      }
    })
    .sort((a, b) => a.rank - b.rank)
    .map(({ page }) => page)

/** Every page exactly once. */
export const sidebarOf = (pages: ReadonlyArray<Page>): Array<DefaultTheme.SidebarItem> =>
  [
    ...topics.map((topic) => ({
      ...topic,
      pages: ordered(
        topic,
        pages.filter((page) => topicOf(page) === topic),
      ),
    })),
    {
      text: 'More',
      collapsed: false,
      pages: pages.filter((page) => topicOf(page) === undefined),
    },
  ]
    .filter((group) => group.pages.length > 0)
    .map(({ text, collapsed, pages: shown }) => ({
      text,
      collapsed,
      items: shown.map(({ title, address }) => ({ text: title, link: address })),
    }))
