const { appendFileSync } = require('node:fs')
const { stripVTControlCharacters } = require('node:util')

/** What is shown of a failure at the end of all tests: the rest stands where it happened. */
const shown = (text) => stripVTControlCharacters(text).split('\n').slice(0, 20).join('\n')

/** The failed tests of a run, and the files that did not run at all. */
const failuresOf = (results) =>
  results.testResults.flatMap((file) => [
    ...(file.testExecError === undefined
      ? []
      : [{ test: file.testFilePath, message: shown(file.failureMessage ?? '') }]),
    ...file.testResults
      .filter((test) => test.status === 'failed')
      .map((test) => ({
        test: `${file.testFilePath}: ${test.fullName}`,
        message: shown(test.failureMessages.join('\n')),
      })),
  ])

/** Appends the counts of a package's run, and what failed, to the file named by SAFE_TEST_COUNTS, for the end of all tests. */
module.exports = class CountReporter {
  constructor(globalConfig) {
    this.root = globalConfig.rootDir
  }
  onRunComplete(_contexts, results) {
    const file = process.env.SAFE_TEST_COUNTS
    if (file === undefined) return
    const crashed = results.numRuntimeErrorTestSuites
    appendFileSync(
      file,
      `${JSON.stringify({ name: this.root, passed: results.numPassedTests, failed: results.numFailedTests + crashed, skipped: results.numPendingTests + results.numTodoTests, failures: failuresOf(results) })}\n`,
    )
  }
}
