/**
 * A gate as JUnit XML, the form that GitLab, Jenkins and the test reporters of GitHub read: a test case for each check. A refused check
 * is a `failure`; an undecided one is `skipped`, since nothing failed and nothing was shown, and the exit code says that the gate is
 * not passed.
 */
import type { Check, Checked } from './checks'
import { xmlText } from './escaped'
import { checkLine, checkName, undecidedWords } from './words'

// parts ------------------------------------------------------------------------------------------

const attributes = (values: Readonly<Record<string, string | number>>): string =>
  Object.entries(values)
    .map(([name, value]) => ` ${name}="${xmlText(String(value))}"`)
    .join('')

const outcome = (check: Check): string =>
  check.passed === true
    ? ''
    : check.passed === false
      ? `\n      <failure${attributes({ type: 'refused', message: checkLine(check) })}>${xmlText(checkLine(check))}</failure>`
      : `\n      <skipped${attributes({ message: undecidedWords(check) ?? 'undecided' })}/>`

const testCase = (check: Check): string =>
  `    <testcase${attributes({ classname: 'redorca.gate', name: checkName(check), time: 0 })}>${outcome(check)}\n      <system-out>${xmlText(checkLine(check))}</system-out>\n    </testcase>`

// constructors -----------------------------------------------------------------------------------

/** The document. @param when when the candidate was measured, ISO 8601 */
export const junitXml = ({ checks }: Pick<Checked, 'checks'>, when: string): string => {
  const counts = {
    tests: checks.length,
    failures: checks.filter((c) => c.passed === false).length,
    errors: 0,
    skipped: checks.filter((c) => c.passed === null).length,
    time: 0,
  }
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: 'redorca gate', ...counts })}>`,
    `  <testsuite${attributes({ name: 'redorca gate', ...counts, timestamp: when.slice(0, 19) })}>`,
    ...checks.map(testCase),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}
