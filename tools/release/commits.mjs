/**
 * What a release contains, read from the commits since the last one. Commits are sentences, or follow Conventional Commits where
 * the kind of a change matters; what they touched says which package they belong to.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

// model ------------------------------------------------------------------------------------------

/** Types of Conventional Commits. Any other word before a colon is a part of the sentence. */
const conventional =
  /^(?<type>feat|fix|perf|refactor|docs|build|chore|test|style|ci|revert)(?:\([^)]*\))?(?<breaking>!)?: (?<text>.+)$/

/** @returns `{ text, type, breaking }` of a commit's message; `type` is undefined for a sentence */
export const parsed = (message) => {
  const [subject, ...body] = message.split('\n')
  const { type, breaking, text = subject } = conventional.exec(subject)?.groups ?? {}
  return {
    text,
    type,
    breaking: breaking !== undefined || body.some((line) => line.startsWith('BREAKING CHANGE:')),
  }
}

// reading ----------------------------------------------------------------------------------------

export const git = (root, ...args) => {
  const { status, stdout, stderr } = spawnSync('git', args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  })
  if (status !== 0) throw new Error(`git ${args[0]}: ${stderr.trim()}`)
  return stdout
}

/** The tag of the last release that HEAD contains, `v1.2.3`; undefined before the first one. */
export const lastTag = (root) =>
  git(root, 'tag', '--merged', 'HEAD', '--sort=-version:refname', '--list', 'v[0-9]*').split('\n')[0] ||
  undefined

/** The packages that a commit changes for their users: tests and settings change nothing for them. */
const touched = (files) => [
  ...new Set(
    files.flatMap((file) => {
      const [, name] = /^packages\/([^/]+)\/(?:src|bin|assets|package\.json$|README\.md$)/.exec(file) ?? []
      return name === undefined ? [] : [name]
    }),
  ),
]

/** Commits since a tag that change a package, oldest first; merges are left out. @returns `[{ text, type, breaking, packages }]` */
export const commitsSince = (root, tag) =>
  git(root, 'log', '--no-merges', '--reverse', '--name-only', '--format=%x01%B%x02', `${tag}..HEAD`)
    .split('\u0001')
    .slice(1)
    .map((entry) => {
      const [message = '', files = ''] = entry.split('\u0002')
      return { ...parsed(message.trim()), packages: touched(files.trim().split('\n')) }
    })
    .filter(({ packages }) => packages.length > 0)

// versions ---------------------------------------------------------------------------------------

/** A release that breaks is a major one, one with a feature a minor one; below 1.0.0 that is one step less. */
const bumpOf = (commits, major) => {
  const rank = commits.some(({ breaking }) => breaking)
    ? 2
    : commits.some(({ type }) => type === 'feat')
      ? 1
      : 0
  return ['patch', 'minor', 'major'][major === 0 ? Math.max(0, rank - 1) : rank]
}

/** @param wish `patch`, `minor`, `major`, or a version; left out, the commits decide @returns undefined for what is no version */
export const nextVersion = (current, commits, wish) => {
  const [major, minor, patch] = current.split('.').map(Number)
  const steps = {
    major: `${major + 1}.0.0`,
    minor: `${major}.${minor + 1}.0`,
    patch: `${major}.${minor}.${patch + 1}`,
  }
  const wanted = wish ?? bumpOf(commits, major)
  return steps[wanted] ?? (/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(wanted) ? wanted : undefined)
}

/** Whether a version comes after another; before a release come its candidates, `1.2.3-rc.1`. */
export const isLater = (version, other) => {
  const parts = (of) => of.split('-')[0].split('.').map(Number)
  const [a, b] = [parts(version), parts(other)]
  const at = a.findIndex((part, i) => part !== b[i])
  return at === -1 ? other.includes('-') && version !== other : a[at] > b[at]
}

// changelog --------------------------------------------------------------------------------------

/** The section of a version in a changelog, heading included; undefined where it has none. */
export const sectionOf = (changelog, version) =>
  changelog
    .split(/^(?=## )/m)
    .find((section) => section.startsWith(`## ${version}\n`) || section.startsWith(`## ${version} `))
    ?.trim()

/** A section: what breaks, then the changes of each package, then those of several packages, each as its commit says it. */
export const changelogSection = (version, date, commits) => {
  const names = [...new Set(commits.flatMap(({ packages }) => packages))].sort()
  const part = (title, of) =>
    of.length === 0 ? [] : [`### ${title}`, of.map(({ text }) => `- ${text}`).join('\n')]
  const one = commits.filter(({ breaking }) => !breaking)
  return [
    `## ${version} (${date})`,
    ...part(
      'What breaks',
      commits.filter(({ breaking }) => breaking),
    ),
    ...names.flatMap((name) =>
      part(
        name,
        one.filter(({ packages }) => packages.length === 1 && packages[0] === name),
      ),
    ),
    ...part(
      'Several packages',
      one.filter(({ packages }) => packages.length > 1),
    ),
  ].join('\n\n')
}

/** The section that a release of this repository has: written by hand in CHANGELOG.md, else made from the commits. */
export const releaseSection = (root, version) => {
  const byHand = sectionOf(changelogOf(root), version)
  const tag = lastTag(root)
  if (byHand !== undefined) return { text: byHand, byHand: true }
  const date = new Date().toISOString().slice(0, 10)
  const text =
    tag === undefined
      ? `## ${version} (${date})\n\nThe first release.`
      : changelogSection(version, date, commitsSince(root, tag))
  return { text, byHand: false }
}

const changelogOf = (root) => {
  try {
    return readFileSync(join(root, 'CHANGELOG.md'), 'utf8')
  } catch {
    return ''
  }
}
