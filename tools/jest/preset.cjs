/** Jest settings of all packages: the sources of sibling packages are used, so nothing has to be built. */
module.exports = {
  testEnvironment: require.resolve('./environment.cjs'),
  testEnvironmentOptions: {
    customExportConditions: ['@safe/source', 'node', 'node-addons', 'require', 'default'],
  },
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  transform: { '^.+\\.ts$': require.resolve('./transform.cjs') },
  testTimeout: 120000,
  maxWorkers: 1,
  reporters: ['default', require.resolve('./count-reporter.cjs')],
}
