const { appendFileSync } = require('node:fs')

/** Appends the counts of a package's run to the file named by SAFE_TEST_COUNTS, for the totals at the end of all tests. */
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
      `${JSON.stringify({ name: this.root, passed: results.numPassedTests, failed: results.numFailedTests + crashed, skipped: results.numPendingTests + results.numTodoTests })}\n`,
    )
  }
}
