const { default: DefaultRenderer } = require('nx/release/changelog-renderer')

/** What `nx release` writes into CHANGELOG.md is what `npm run release` writes: see commits.mjs. */
module.exports = class ChangelogRenderer extends DefaultRenderer {
  async render() {
    const { releaseSection } = await import('./commits.mjs')
    return releaseSection(process.cwd(), this.changelogEntryVersion).text
  }
}
