/**
 * A gate as JUnit XML, the form that GitLab, Jenkins and the test reporters of GitHub read: a test case for each check. A refused check
 * is a `failure`; an undecided one is `skipped`, since nothing failed and nothing was shown, and the exit code says that the gate is
 * not passed.
 *
 * The document is valid by the two schemas in use, that of Ant (windyroad/JUnit-Schema) and that of Jenkins (xunit-plugin, junit-10.xsd);
 * the former has no output of single cases and no attributes of the outermost element.
 */
import type { Check, Checked } from './checks'
import { xmlText } from './escaped'
import { checkLine, checkName } from './words'

// parts ------------------------------------------------------------------------------------------

const attributes = (values: Readonly<Record<string, string | number>>): string =>
  Object.entries(values)
    .map(([name, value]) => ` ${name}="${xmlText(String(value))}"`)
    .join('')

const outcome = (check: Check): string =>
  check.passed === true
    ? ''
    : check.passed === false
      ? `\n      <failure${attributes({ type: 'refused', message: checkLine(check) })}>${xmlText(checkLine(check))}</failure>\n    `
      : `\n      <skipped${attributes({ message: checkLine(check) })}/>\n    `

const testCase = (check: Check): string =>
  `    <testcase${attributes({ classname: 'redorca.gate', name: checkName(check), time: 0 })}>${outcome(check)}</testcase>`

// constructors -----------------------------------------------------------------------------------

/** The document. @param when when the candidate was measured, ISO 8601 */
export const junitXml = ({ checks }: Pick<Checked, 'checks'>, when: string): string => {
  const suite = {
    ...{ name: 'redorca gate', package: 'redorca', id: 0, hostname: 'localhost' },
    tests: checks.length,
    failures: checks.filter((c) => c.passed === false).length,
    errors: 0,
    skipped: checks.filter((c) => c.passed === null).length,
    ...{ time: 0, timestamp: when.slice(0, 19) },
  }
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites>',
    `  <testsuite${attributes(suite)}>`,
    '    <properties/>',
    ...checks.map(testCase),
    `    <system-out>${xmlText(checks.map(checkLine).join('\n'))}</system-out>`,
    '    <system-err/>',
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}
