const { relative } = require('node:path')
const Sequencer = require('@jest/test-sequencer').default

/** Test files that take longest, the longest first; all others take a few seconds. */
const longest = [
  'eval-redorca/test/run.test.ts',
  'tensor-core/test/hostile/mutants.test.ts',
  'tensor-core/test/hostile/strangeFiles.test.ts',
  'tensor-core/test/engine/webgpu.test.ts',
  'alignbeam/test/serveCommand.test.ts',
  'eval-redorca/test/fleet/processes.test.ts',
  'tensor-core/test/hub/hub.test.ts',
  'alignbeam/test/servingProcess.test.ts',
  'tensor-core/test/formats/parquet.test.ts',
  'tensor-core/test/lm/traces.test.ts',
  'tensor-core/test/lm/families.test.ts',
  'eval-redorca/test/report-browser-page.test.ts',
  'tensor-core/test/lm/commands.test.ts',
  'dualselect/test/llama.test.ts',
  'tensor-core/test/linalg/filter.test.ts',
  'eval-redorca/test/store/s3Weed.test.ts',
  'alignbeam/test/commands.test.ts',
  'alignbeam/test/serving.page.test.ts',
  'tensor-core/test/engine/contract.test.ts',
  'eval-redorca/test/queue/queue.test.ts',
]

/** Puts the longest files first, so that both workers end at about the same time, also on a machine that has never run the tests. */
module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const place = ({ path, context }) => {
      const at = longest.indexOf(relative(`${context.config.rootDir}/packages`, path).replaceAll('\\', '/'))
      return at < 0 ? longest.length : at
    }
    return super.sort([...tests]).sort((a, b) => place(a) - place(b))
  }
}
