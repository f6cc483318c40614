/** The tests of all packages in one run by two workers, each file in the folder of its package: `jest --config tools/jest/all.cjs`. */
const { join } = require('node:path')

module.exports = {
  ...require('./preset.cjs'),
  rootDir: join(__dirname, '..', '..'),
  roots: ['<rootDir>/packages'],
  testMatch: ['<rootDir>/packages/*/test/**/*.test.ts'],
  testSequencer: require.resolve('./sequencer.cjs'),
  maxWorkers: 2,
  // What the modules of many files leave behind in a worker.
  workerIdleMemoryLimit: '2GB',
}
